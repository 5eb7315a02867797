/// Why a store cannot be opened. One line each, that says what to do.
package enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
  case inUse(path: String, pid: String)
  case newer(path: String)
  /// Only where nothing may be written: the relay brings the store up to date.
  case older(path: String)
  case notAStore(path: String)
  case unusable(path: String, words: String)
  case diskFull(path: String)
  case missing(path: String)
  case damaged(path: String, words: String)

  package var description: String {
    switch self {
    case .inUse(let path, let pid):
      "the store \(path) is in use by another relay (process \(pid)); stop that one, or set another store.path"
    case .newer(let path):
      "the store \(path) was written by a newer version; start that version, or set another store.path"
    case .older(let path):
      "the store \(path) was written by an older version; start the relay once, which brings it up to date"
    case .notAStore(let path):
      "\(path) is not a store of this relay; set another store.path, or move the file away"
    case .unusable(let path, let words):
      "the store \(path) cannot be opened: \(words); check store.path, its folder and who may write there"
    case .diskFull(let path):
      "there is no room for the store \(path); free some disk space and start again"
    case .damaged(let path, let words):
      "the store \(path) is damaged: \(words); restore a backup with: dlr-relay restore FILE"
    case .missing(let path):
      "there is no store at \(path); start the relay once, or check store.path"
    }
  }
}
