package com.limiquantix.agent.app.config;

/** A constant that has a name of its own in the configuration file. */
interface YamlNamed {

  /** Returns the name as the file spells it, in lower case. */
  String yamlName();
}
