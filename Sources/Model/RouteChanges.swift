/// What a new rule file does to the routes of the one before, by their names in the order of the files.
package struct RouteChanges: Sendable, Equatable {
  package var added: [String] = []
  package var removed: [String] = []
  package var changed: [String] = []

  package init() {}

  package init(from old: [RouteSettings], to new: [RouteSettings]) {
    let before = Dictionary(old.map { ($0.name, $0) }) { first, _ in first }
    let names = Set(new.map(\.name))
    added = new.map(\.name).filter { before[$0] == nil }
    removed = old.map(\.name).filter { !names.contains($0) }
    changed = new.filter { before[$0.name] ?? $0 != $0 }.map(\.name)
  }

  package var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }
}
