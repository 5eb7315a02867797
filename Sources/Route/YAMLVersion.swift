import CYAML

/// Of the library that is loaded.
package var yamlVersion: String { String(cString: yaml_get_version_string()) }
