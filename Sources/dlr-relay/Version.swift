import Build
import CCurl
import Route
import Store

/// Of this program. Shown on the status page, and to apps in `user-agent`.
let version = "0.1.0"

/// What `--version` shows: which program this is, to the commit, and what it runs on. One line, which begins with name and version.
var build: String {
  let made = "commit \(commit), \(isOptimised ? "release" : "debug") build, \(compiler), \(machine)"
  let libraries = "SQLite \(sqliteVersion), libcurl \(curlVersion), libyaml \(yamlVersion)"
  return "dlr-relay \(version) (\(made); \(libraries))"
}

/// Of the library that is loaded, as of the others.
private var curlVersion: String { String(cString: curl_version_info(CURLVERSION_FIRST).pointee.version) }

private var isOptimised: Bool {
  #if DEBUG
    false
  #else
    true
  #endif
}

/// Swift does not say which one it is; it can only be asked whether it is at least this one.
private var compiler: String {
  #if compiler(>=6.5)
    "Swift 6.5 or later"
  #elseif compiler(>=6.4)
    "Swift 6.4"
  #elseif compiler(>=6.3)
    "Swift 6.3"
  #else
    "Swift 6.2"
  #endif
}

private var machine: String {
  #if arch(x86_64)
    "x86_64-linux"
  #elseif arch(arm64)
    "aarch64-linux"
  #else
    "linux"
  #endif
}
