/// Which relay it is, for a command that has found one and must know whether it is the one that is meant.
package struct RelayAnswer: Codable, Sendable, Equatable {
  package var version: String
  /// Its process.
  package var process: Int32
  /// The file of its store, by its absolute path without symbolic links.
  package var store: String

  package init(version: String, process: Int32, store: String) {
    self.version = version
    self.process = process
    self.store = store
  }
}
