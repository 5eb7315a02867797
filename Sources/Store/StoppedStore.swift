import Foundation
import Model

/// A look at the store of a relay that does not run, under the lock that keeps one from starting meanwhile.
package struct StoppedStore: Sendable {
  package let standing: Standing
  package let waiting: [WaitingCount]

  /// Reads and changes nothing.
  /// - Throws: `.inUse` if a relay runs on it, `.missing` if there is none.
  package init(path: String) throws(StoreError) {
    guard FileManager.default.fileExists(atPath: path) else { throw .missing(path: path) }
    let lock = try StoreLock(storePath: path)
    let reader: StoreReader
    do {
      reader = try StoreReader(path: path)
    } catch {
      throw StoreConnection.explain(error, path: path)
    }
    try reader.check(path: path)
    do {
      (standing, waiting) = try withExtendedLifetime(lock) { (try reader.read(Standing.read), try reader.waiting()) }
    } catch {
      throw .unusable(path: path, words: "\(error)")
    }
  }
}
