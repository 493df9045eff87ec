package com.limiquantix.agent.security.policy;

import java.util.Set;

/**
 * Variables of an environment that make a program run or load what it would not by itself: those of
 * the loader and the C library, of shells, and of interpreters.
 */
final class SteeringVariables {
  private static final String[] PREFIXES = {
    "LD_", "DYLD_", "GLIBC_", "MALLOC_", "BASH_FUNC_", "PYTHON", "PERL", "RUBY", "GEM_", "BUNDLE_",
    "NODE_", "NPM_CONFIG_", "JAVA_", "JDK_", "LUA_", "GIT_", "OPENSSL_", "XDG_", "R_", "PHP",
    "DOTNET_", "CORECLR_", "SYSTEMD_", "SUDO_", "GTK_", "QT_", "GIO_", "LESS"
  };

  private static final Set<String> NAMES =
      Set.of(
          "_JAVA_OPTIONS",
          "AWKLIBPATH",
          "AWKPATH",
          "BASHOPTS",
          "BASH_ENV",
          "BROWSER",
          "CDPATH",
          "CLASSPATH",
          "EDITOR",
          "ENV",
          "FPATH",
          "GCONV_PATH",
          "GETCONF_DIR",
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
          "PROMPT_COMMAND",
          "PS4",
          "RESOLV_HOST_CONF",
          "RES_OPTIONS",
          "SHELL",
          "SHELLOPTS",
          "TCLLIBPATH",
          "TERMCAP",
          "TERMINFO",
          "TERMINFO_DIRS",
          "TMPPREFIX",
          "TZDIR",
          "VISUAL",
          "ZDOTDIR");

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
