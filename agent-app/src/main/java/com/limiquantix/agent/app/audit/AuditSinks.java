package com.limiquantix.agent.app.audit;

import com.limiquantix.agent.app.config.AgentConfig;
import com.limiquantix.agent.security.audit.AuditRecord;
import com.limiquantix.agent.security.audit.AuditSink;
import com.limiquantix.agent.security.record.RecordTime;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Makes what the configuration names beside the audit file. */
public final class AuditSinks {
  /** Where journald takes entries by its native protocol, systemd.io/JOURNAL_NATIVE_PROTOCOL. */
  static final String JOURNAL = "/run/systemd/journal/socket";

  /** Where the local syslog listens. */
  static final String SYSLOG = "/dev/log";

  /** Facility authpriv (10), severity informational (6); RFC 5424, section 6.2.1. */
  private static final String PRIORITY = "<86>1 ";

  private AuditSinks() {}

  /**
   * The sinks, opened.
   *
   * @param toHost tells hosts that have subscribed
   */
  public static List<AuditSink> of(AgentConfig.Audit config, Consumer<AuditRecord> toHost) {
    List<AuditSink> sinks = new ArrayList<>();
    if (config.journal()) {
      sinks.add(new DatagramSink("the journal", JOURNAL, AuditSinks::journal));
    }
    if (config.syslog()) {
      sinks.add(syslog(SYSLOG, Clock.systemUTC()));
    }
    if (config.toHost()) {
      sinks.add(toHost::accept);
    }
    return sinks;
  }

  static DatagramSink syslog(String socket, Clock clock) {
    long pid = ProcessHandle.current().pid();
    return new DatagramSink("syslog", socket, record -> syslog(record, clock, pid));
  }

  /** Entries are lines of NAME=VALUE; a record has no line end. */
  static String journal(AuditRecord record) {
    return "PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=limiquantix-agent-audit\n"
        + "LIMIQUANTIX_AUDIT_SEQUENCE="
        + record.sequence()
        + "\nLIMIQUANTIX_AUDIT_SHA256="
        + record.hash()
        + "\nMESSAGE="
        + record.line()
        + "\n";
  }

  /** Host name and structured data are left out; the local syslog knows the first. */
  private static String syslog(AuditRecord record, Clock clock, long pid) {
    return PRIORITY
        + RecordTime.format(clock.instant())
        + " - limiquantix-agent "
        + pid
        + " audit - "
        + record.line();
  }
}
