package com.limiquantix.agent.security.audit;

import com.limiquantix.agent.protocol.v1.AgentUpdateRequest;
import com.limiquantix.agent.protocol.v1.ClipboardGetRequest;
import com.limiquantix.agent.protocol.v1.ClipboardUpdateRequest;
import com.limiquantix.agent.protocol.v1.ConfigureNetworkRequest;
import com.limiquantix.agent.protocol.v1.CreateDirectoryRequest;
import com.limiquantix.agent.protocol.v1.DisplayResizeRequest;
import com.limiquantix.agent.protocol.v1.ExecuteRequest;
import com.limiquantix.agent.protocol.v1.FileDeleteRequest;
import com.limiquantix.agent.protocol.v1.FileReadRequest;
import com.limiquantix.agent.protocol.v1.FileStatRequest;
import com.limiquantix.agent.protocol.v1.FileWriteRequest;
import com.limiquantix.agent.protocol.v1.KillProcessRequest;
import com.limiquantix.agent.protocol.v1.ListDirectoryRequest;
import com.limiquantix.agent.protocol.v1.ListInstalledSoftwareRequest;
import com.limiquantix.agent.protocol.v1.ListProcessesRequest;
import com.limiquantix.agent.protocol.v1.ListServicesRequest;
import com.limiquantix.agent.protocol.v1.QuiesceFilesystemsRequest;
import com.limiquantix.agent.protocol.v1.ResetPasswordRequest;
import com.limiquantix.agent.protocol.v1.ServiceControlRequest;
import com.limiquantix.agent.protocol.v1.ShutdownRequest;
import com.limiquantix.agent.protocol.v1.SyncTimeRequest;
import com.limiquantix.agent.protocol.v1.ThawFilesystemsRequest;
import com.limiquantix.agent.protocol.v2.SubscribeRequest;
import com.limiquantix.agent.security.CallFacts.Kind;
import com.limiquantix.agent.security.CallFacts.Subject;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What requests are about, one case for each type of request that names something. Never contents,
 * passwords, tokens or values of an environment.
 */
final class Subjects {
  private Subjects() {}

  /**
   * What a request is about.
   *
   * @param request the first message of a call
   * @return null if it names nothing, or is not known
   */
  static @Nullable Subject of(Object request) {
    if (request instanceof ExecuteRequest r) {
      return new Subject(
          Kind.COMMAND,
          SecretMask.show(
              r.getCommand(), r.getArgsList(), new TreeSet<>(r.getEnvironmentMap().keySet())));
    }
    Subject path = path(request);
    return path == null ? other(request) : path;
  }

  private static @Nullable Subject path(Object request) {
    if (request instanceof FileReadRequest r) {
      return path(r.getPath());
    } else if (request instanceof FileWriteRequest r) {
      return path(r.getPath());
    } else if (request instanceof FileDeleteRequest r) {
      return path(r.getPath());
    } else if (request instanceof FileStatRequest r) {
      return path(r.getPath());
    } else if (request instanceof ListDirectoryRequest r) {
      return path(r.getPath());
    } else if (request instanceof CreateDirectoryRequest r) {
      return path(r.getPath());
    }
    return null;
  }

  private static Subject path(String path) {
    return new Subject(Kind.PATH, path);
  }

  private static @Nullable Subject other(Object request) {
    if (request instanceof KillProcessRequest r) {
      return new Subject(
          Kind.PROCESS, Integer.toUnsignedString(r.getPid()) + " signal " + r.getSignal());
    } else if (request instanceof ListProcessesRequest r) {
      return other("filter", r.getFilter());
    } else if (request instanceof ListServicesRequest r) {
      return other("filter", r.getFilter());
    } else if (request instanceof ListInstalledSoftwareRequest r) {
      return other("filter", r.getFilter());
    } else if (request instanceof ServiceControlRequest r) {
      return new Subject(Kind.SERVICE, r.getName() + " " + value(r.getAction()));
    } else if (request instanceof ShutdownRequest r) {
      return other(
          value(r.getType()), "after " + Integer.toUnsignedString(r.getDelaySeconds()) + " s");
    } else if (request instanceof ResetPasswordRequest r) {
      return other("account", r.getUsername());
    } else if (request instanceof ConfigureNetworkRequest r) {
      return other(r.getApplyNow() ? "apply" : "store", "a network configuration");
    } else if (request instanceof QuiesceFilesystemsRequest r) {
      return other("freeze", String.join(" ", r.getMountPointsList()));
    } else if (request instanceof ThawFilesystemsRequest r) {
      return other("thaw", String.join(" ", r.getMountPointsList()));
    }
    return rest(request);
  }

  private static @Nullable Subject rest(Object request) {
    if (request instanceof SyncTimeRequest r) {
      return other(r.getForce() ? "force" : "sync", "clock");
    } else if (request instanceof DisplayResizeRequest r) {
      return other(
          "display " + r.getDisplayId(),
          Integer.toUnsignedString(r.getWidth()) + "x" + Integer.toUnsignedString(r.getHeight()));
    } else if (request instanceof ClipboardUpdateRequest r) {
      return other("clipboard", value(r.getType()));
    } else if (request instanceof ClipboardGetRequest r) {
      return other("clipboard", value(r.getPreferredType()));
    } else if (request instanceof AgentUpdateRequest r) {
      return other(
          "version " + r.getTargetVersion(),
          "chunk " + Integer.toUnsignedString(r.getChunkNumber()));
    } else if (request instanceof SubscribeRequest r) {
      StringBuilder kinds = new StringBuilder();
      for (int kind : r.getKindsValueList()) {
        kinds.append(kinds.length() == 0 ? "" : " ").append(kind);
      }
      return other("kinds of events", kinds.length() == 0 ? "all" : kinds.toString());
    }
    return null;
  }

  private static Subject other(String what, String which) {
    return new Subject(Kind.OTHER, which.isEmpty() ? what : what + " " + which);
  }

  private static String value(Enum<?> value) {
    return value.name();
  }

  /** The account that a request is about or wants to act as; null if it names none. */
  static @Nullable String user(Object request) {
    if (request instanceof ExecuteRequest r && !r.getRunAsUser().isEmpty()) {
      return r.getRunAsUser();
    }
    return request instanceof ResetPasswordRequest r ? r.getUsername() : null;
  }
}
