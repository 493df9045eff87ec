package com.limiquantix.agent.security.policy;

import com.limiquantix.agent.protocol.v1.FileServiceGrpc;
import com.limiquantix.agent.protocol.v1.ServiceManagerServiceGrpc;
import com.limiquantix.agent.protocol.v1.UpdateServiceGrpc;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Tells of rules that another door makes pointless. Looks at no files. */
public final class PolicyRemarks {
  /** Programs that run whatever their arguments say. */
  private static final Set<String> RUN_ANYTHING =
      Set.of(
          "sh",
          "bash",
          "dash",
          "ash",
          "ksh",
          "zsh",
          "busybox",
          "env",
          "sudo",
          "su",
          "runuser",
          "xargs",
          "find",
          "nice",
          "nohup",
          "timeout",
          "setsid",
          "python",
          "python3",
          "perl",
          "ruby",
          "node",
          "php",
          "awk",
          "gawk",
          "vi",
          "vim",
          "systemd-run",
          "chroot",
          "nsenter",
          "unshare",
          "tar",
          "ssh",
          "make",
          "git");

  private PolicyRemarks() {}

  /** Sentences, each with the key that it is about; none if there is nothing to remark. */
  public static List<String> of(PolicySettings settings) {
    List<String> remarks = new ArrayList<>();
    Policy policy = Policy.of(settings);
    if (!settings.commandAllowlist().isEmpty()) {
      besideAllowlist(policy, remarks);
    }
    for (String text : settings.commandAllowlist()) {
      CommandEntry entry = CommandEntry.of(text);
      String name = entry.path().substring(entry.path().lastIndexOf('/') + 1);
      if (entry.path().isEmpty()) {
        remarks.add(CommandRules.ALLOWLIST + ": / lists every program");
      } else if (!entry.tree() && entry.arguments() == null && RUN_ANYTHING.contains(name)) {
        remarks.add(
            CommandRules.ALLOWLIST
                + ": "
                + text
                + " runs whatever its arguments say, so every program is allowed; add a pattern"
                + " for the arguments");
      }
    }
    neverAllowed(settings.allowFileReadPaths(), settings.denyFileReadPaths(), "read", remarks);
    neverAllowed(settings.allowFileWritePaths(), settings.denyFileWritePaths(), "write", remarks);
    return List.copyOf(remarks);
  }

  private static void besideAllowlist(Policy policy, List<String> remarks) {
    if (serves(policy, FileServiceGrpc.getFileWriteMethod())
        && policy.paths().isOpen(Access.WRITE)) {
      remarks.add(
          CommandRules.ALLOWLIST
              + ": is pointless while files may be written anywhere, also in place of a listed"
              + " program; set allow_file_write_paths or disable FileWrite");
    }
    if (serves(policy, ServiceManagerServiceGrpc.getServiceControlMethod())) {
      remarks.add(
          CommandRules.ALLOWLIST
              + ": is pointless while ServiceControl may start any service; disable it");
    }
    if (serves(policy, UpdateServiceGrpc.getAgentUpdateMethod())) {
      remarks.add(
          CommandRules.ALLOWLIST
              + ": is pointless while AgentUpdate may replace the agent by an update that nobody"
              + " has signed; disable it");
    }
    for (String path : policy.settings().allowFileWritePaths()) {
      for (String text : policy.settings().commandAllowlist()) {
        String program = CommandEntry.of(text).path();
        if (Paths.isWithin(program, Paths.withoutEnd(path))) {
          remarks.add(
              "security.allow_file_write_paths: "
                  + path
                  + " holds "
                  + program
                  + ", which command_allowlist lists and which may so be replaced");
        }
      }
    }
  }

  private static boolean serves(Policy policy, MethodDescriptor<?, ?> method) {
    return policy.refusal(method.getFullMethodName()).isEmpty();
  }

  private static void neverAllowed(
      List<String> allowed, List<String> denied, String what, List<String> remarks) {
    for (String path : allowed) {
      for (String above : denied) {
        if (Paths.isWithin(Paths.withoutEnd(path), Paths.withoutEnd(above))) {
          remarks.add(
              "security.allow_file_"
                  + what
                  + "_paths: "
                  + path
                  + " is denied by "
                  + "deny_file_"
                  + what
                  + "_paths: "
                  + above);
        }
      }
    }
  }
}
