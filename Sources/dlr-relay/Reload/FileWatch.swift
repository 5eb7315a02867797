/// Decides when a file that anybody may change at any time is to be read again. A value: what it knows, it is told.
///
/// What was put in place whole is read at once: another file that was renamed to this name, or that a symbolic link leads to now. What
/// was perhaps only half written by now, or is gone and perhaps about to come back, is read when it has been the same for `settleTime`.
struct FileWatch: Sendable {
  /// A half-written file can be valid YAML.
  static let settleTime: Duration = .seconds(1)

  /// As it was before it was last read; nil if it was not there.
  private var known: FileLook?
  private var changing: (look: FileLook?, since: SuspendingClock.Instant)?

  init(_ known: FileLook?) { self.known = known }

  /// - Returns: true if it is to be read now. Each change is told once.
  mutating func sees(_ look: FileLook?, at now: SuspendingClock.Instant) -> Bool {
    guard look != known else {
      changing = nil
      return false
    }
    if !isWhole(look) {
      guard let changing, changing.look == look else {
        changing = (look, now)
        return false
      }
      guard now - changing.since >= Self.settleTime else { return false }
    }
    wasRead(look)
    return true
  }

  /// - Parameter look: of before the reading, so that what is written meanwhile is a change.
  mutating func wasRead(_ look: FileLook?) { (known, changing) = (look, nil) }

  private func isWhole(_ look: FileLook?) -> Bool {
    guard let look, let known else { return false }
    if look.path != known.path { return true }
    // A file that is being written changes both times at once; getting its name by a rename changes only one.
    return (look.device, look.inode) != (known.device, known.inode) && look.changedAt > look.writtenAt
  }
}

/// The rule file and those that it refers to.
struct FilesWatch: Sendable {
  private var watches: [String: FileWatch]

  init(_ looks: [String: FileLook?]) { watches = looks.mapValues(FileWatch.init) }

  var paths: [String] { watches.keys.sorted() }

  /// - Returns: true if any of them is to be read now.
  mutating func sees(_ looks: [String: FileLook?], at now: SuspendingClock.Instant) -> Bool {
    var isDue = false
    for (path, look) in looks where watches[path] != nil {
      // All are to be told of their changes, so no short circuit.
      isDue = watches[path]!.sees(look, at: now) || isDue
    }
    return isDue
  }

  /// - Parameter isAll: the others matter no more.
  mutating func wereRead(_ looks: [String: FileLook?], isAll: Bool) {
    if isAll { watches = [:] }
    for (path, look) in looks { watches[path, default: FileWatch(look)].wasRead(look) }
  }
}
