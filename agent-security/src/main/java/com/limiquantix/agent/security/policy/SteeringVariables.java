package com.limiquantix.agent.security.policy;

import java.util.Set;

/**
 * Variables of an environment that make a program run or load what it would not by itself: those of
 * the loader and the C library, of shells and interpreters, and of common programs that take
 * options or the name of another program from there.
 */
final class SteeringVariables {
  private static final String[] PREFIXES = {
    "LD_",
    "DYLD_",
    "GLIBC_",
    "MALLOC_",
    "BASH_FUNC_",
    "PYTHON",
    "PERL",
    "RUBY",
    "GEM_",
    "BUNDLE_",
    "NODE_",
    "NPM_CONFIG_",
    "JAVA_",
    "JDK_",
    "LUA_",
    "GIT_",
    "OPENSSL_",
    "XDG_",
    "R_",
    "PHP",
    "DOTNET_",
    "CORECLR_",
    "SYSTEMD_",
    "SUDO_",
    "GTK_",
    "QT_",
    "GIO_",
    "LESS",
    "APT_",
    "DPKG_",
    "DOCKER_",
    "KUBE",
    "MAKE",
    "RSYNC_",
    "SSH_",
    "PSQL",
    "ANSIBLE_"
  };

  private static final Set<String> NAMES =
      Set.of(
          "AWKLIBPATH",
          "AWKPATH",
          "AWS_CONFIG_FILE",
          "BASHOPTS",
          "BASH_ENV",
          "BROWSER",
          "CDPATH",
          "CLASSPATH",
          "CURL_HOME",
          "EDITOR",
          "ENV",
          "EXINIT",
          "FPATH",
          "GCONV_PATH",
          "GETCONF_DIR",
          "GNUPGHOME",
          "GREP_OPTIONS",
          "GZIP",
          "HOME",
          "HOSTALIASES",
          "IFS",
          "INPUTRC",
          "KRB5_CONFIG",
          "LOCALDOMAIN",
          "LOCPATH",
          "MANPAGER",
          "NIS_PATH",
          "NLSPATH",
          "PAGER",
          "PGSYSCONFDIR",
          "PROMPT_COMMAND",
          "PS4",
          "RESOLV_HOST_CONF",
          "RES_OPTIONS",
          "RIPGREP_CONFIG_PATH",
          "RPM_CONFIGDIR",
          "SHELL",
          "SHELLOPTS",
          "SSLKEYLOGFILE",
          "SYSTEM_WGETRC",
          "TAPE",
          "TAR_OPTIONS",
          "TCLLIBPATH",
          "TERMCAP",
          "TERMINFO",
          "TERMINFO_DIRS",
          "TMPPREFIX",
          "TZDIR",
          "UNZIP",
          "VIM",
          "VIMINIT",
          "VIMRUNTIME",
          "VISUAL",
          "WGETRC",
          "XZ_OPT",
          "ZDOTDIR",
          "ZIPOPT",
          "_JAVA_OPTIONS");

  private SteeringVariables() {}

  static boolean has(String name) {
    if (NAMES.contains(name)) {
      return true;
    }
    for (String prefix : PREFIXES) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}
