package com.limiquantix.agent.app.v1peer;

/** The numbers of the fields that tests write and read, one class for each message. */
public final class V1Fields {
  private V1Fields() {}

  /** What every message has. */
  public static final class AgentMessage {
    public static final int MESSAGE_ID = 1;
    public static final int TIMESTAMP = 2;

    private AgentMessage() {}
  }

  /** PingRequest and PongResponse. */
  public static final class Ping {
    public static final int SEQUENCE = 1;
    public static final int VERSION = 2;
    public static final int UPTIME_SECONDS = 3;

    private Ping() {}
  }

  /** ExecuteRequest. */
  public static final class Execute {
    public static final int COMMAND = 1;
    public static final int ARGS = 2;
    public static final int WORKING_DIRECTORY = 3;
    public static final int ENVIRONMENT = 4;
    public static final int TIMEOUT_SECONDS = 5;
    public static final int WAIT_FOR_EXIT = 6;
    public static final int RUN_AS_USER = 7;
    public static final int MAX_OUTPUT_BYTES = 8;

    private Execute() {}
  }

  /** ExecuteResponse. */
  public static final class Executed {
    public static final int EXIT_CODE = 1;
    public static final int STDOUT = 2;
    public static final int STDERR = 3;
    public static final int TRUNCATED = 4;
    public static final int TIMED_OUT = 5;
    public static final int DURATION_MS = 6;
    public static final int ERROR = 7;

    private Executed() {}
  }

  /** FileWriteRequest. */
  public static final class FileWrite {
    public static final int PATH = 1;
    public static final int DATA = 2;
    public static final int OFFSET = 3;
    public static final int APPEND = 4;
    public static final int EOF = 5;
    public static final int MODE = 6;
    public static final int CREATE_PARENTS = 7;
    public static final int CHUNK_NUMBER = 8;
    public static final int TOTAL_CHUNKS = 9;

    private FileWrite() {}
  }

  /** FileReadRequest. */
  public static final class FileRead {
    public static final int PATH = 1;
    public static final int OFFSET = 2;
    public static final int LENGTH = 3;
    public static final int CHUNK_SIZE = 4;

    private FileRead() {}
  }

  /** FileReadResponse. */
  public static final class FileContent {
    public static final int SUCCESS = 1;
    public static final int DATA = 2;
    public static final int EOF = 3;
    public static final int TOTAL_SIZE = 4;
    public static final int OFFSET = 5;
    public static final int CHUNK_NUMBER = 6;
    public static final int ERROR = 7;
    public static final int MODE = 8;
    public static final int MODIFIED_AT = 9;

    private FileContent() {}
  }

  /** ShutdownRequest. */
  public static final class Shutdown {
    public static final int TYPE = 1;
    public static final int DELAY_SECONDS = 2;
    public static final int MESSAGE = 3;

    private Shutdown() {}
  }

  /** QuiesceFilesystemsRequest. */
  public static final class Quiesce {
    public static final int MOUNT_POINTS = 1;
    public static final int TIMEOUT_SECONDS = 2;
    public static final int RUN_PRE_FREEZE_SCRIPTS = 3;
    public static final int PRE_FREEZE_SCRIPT_DIR = 4;

    private Quiesce() {}
  }

  /** GetCapabilitiesResponse. */
  public static final class Capable {
    public static final int VERSION = 1;
    public static final int OS = 2;
    public static final int ARCHITECTURE = 3;
    public static final int CAPABILITIES = 4;
    public static final int FEATURES = 5;
    public static final int BUILD_TIME = 6;
    public static final int BUILD_COMMIT = 7;

    private Capable() {}
  }

  /** AgentReadyEvent. */
  public static final class Ready {
    public static final int VERSION = 1;
    public static final int OS_NAME = 2;
    public static final int OS_VERSION = 3;
    public static final int KERNEL_VERSION = 4;
    public static final int ARCHITECTURE = 5;
    public static final int HOSTNAME = 6;
    public static final int IP_ADDRESSES = 7;
    public static final int CAPABILITIES = 8;

    private Ready() {}
  }

  /** TelemetryReport, DiskUsage and InterfaceInfo. */
  public static final class Telemetry {
    public static final int CPU_USAGE_PERCENT = 1;
    public static final int MEMORY_TOTAL_BYTES = 2;
    public static final int MEMORY_USED_BYTES = 3;
    public static final int DISKS = 7;
    public static final int INTERFACES = 8;
    public static final int LOAD_AVG_1 = 9;
    public static final int PROCESS_COUNT = 12;
    public static final int UPTIME_SECONDS = 13;
    public static final int HOSTNAME = 14;
    public static final int DISK_MOUNT_POINT = 1;
    public static final int DISK_TOTAL_BYTES = 4;
    public static final int DISK_USAGE_PERCENT = 7;
    public static final int INTERFACE_NAME = 1;
    public static final int INTERFACE_IPV4_ADDRESSES = 3;
    public static final int INTERFACE_STATE = 5;
    public static final int INTERFACE_MTU = 6;

    private Telemetry() {}
  }

  /** ErrorEvent. */
  public static final class Failure {
    public static final int SEVERITY = 1;
    public static final int CODE = 2;
    public static final int MESSAGE = 3;
    public static final int DETAILS = 4;

    private Failure() {}
  }

  /** Answers that say success or accepted, and error. */
  public static final class Verdict {
    public static final int SUCCESS = 1;

    /** The field {@code error} of each answer that has both. */
    public static int error(V1Payload request) {
      return switch (request) {
        case SHUTDOWN, RESET_PASSWORD, CONFIGURE_NETWORK, CREATE_DIRECTORY, FILE_DELETE -> 2;
        case CLIPBOARD_UPDATE, KILL_PROCESS -> 2;
        case FILE_WRITE, QUIESCE, THAW, FILE_STAT, LIST_PROCESSES, LIST_SERVICES -> 3;
        case SERVICE_CONTROL, GET_HARDWARE_INFO, LIST_INSTALLED_SOFTWARE, AGENT_UPDATE -> 3;
        case LIST_DIRECTORY, DISPLAY_RESIZE -> 4;
        case SYNC_TIME, CLIPBOARD_GET -> 5;
        case FILE_READ -> 7;
        default -> throw new IllegalArgumentException(request + " has no success");
      };
    }

    private Verdict() {}
  }
}
