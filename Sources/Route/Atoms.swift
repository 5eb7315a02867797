import Model

/// The smallest question about a report: one that is looked up, whatever else the rules ask. Texts are folded.
enum Atom: Hashable {
  case bodyContains([UInt8], Fold)
  case bodyStartsWith([UInt8], Fold)
  case packetPrefix(String)
  case toPrefix([UInt8])
  case status([UInt8])

  /// nil for what is no question of its own, and for `order`, which only the store can answer.
  init?(_ condition: Condition, fold: Fold) {
    switch condition {
    case .bodyContains(let text): self = .bodyContains(fold.folded(text), fold)
    case .bodyStartsWith(let text): self = .bodyStartsWith(fold.folded(text), fold)
    case .packetPrefix(let digits): self = .packetPrefix(digits)
    case .toPrefix(let text): self = .toPrefix(Array(text.utf8))
    case .status(let word): self = .status(Array(word.utf8))
    case .all, .any, .not, .block, .values, .order: return nil
    }
  }

  /// How many reports it is true of, as a guess: about half as many for each byte more.
  var commonness: Int {
    switch self {
    case .bodyContains(let text, _), .bodyStartsWith(let text, _), .toPrefix(let text): 1 + 1_024 >> min(text.count, 10)
    case .packetPrefix(let digits): 1 + 1_024 >> min(digits.utf8.count, 10)
    // There are three of them.
    case .status: 1_000_000
    }
  }
}

/// Which of all atoms are true of a report: each text is read once for each fold, however many atoms there are.
struct AtomIndex: Sendable {
  /// What is searched in the body by one fold. A class, so that a report costs a reference to it and not one to each of its tables.
  private final class Body: Sendable {
    let fold: Fold
    let anywhere: Automaton
    let atStart: Prefixes

    init(_ fold: Fold, anywhere: [Automaton.Pattern], atStart: [Automaton.Pattern]) {
      self.fold = fold
      self.anywhere = Automaton(anywhere, fold: fold)
      self.atStart = Prefixes(atStart, fold: fold)
    }
  }

  private let bodies: [Body]
  private let packets: PacketTable
  private let recipients: Prefixes?
  private let statuses: Prefixes?

  /// - Parameter atoms: by their number. No text in them is empty.
  init(_ atoms: [Atom]) {
    var anywhere: [Fold: [Automaton.Pattern]] = [:]
    var atStart: [Fold: [Automaton.Pattern]] = [:]
    var packets: [(digits: String, owner: Int)] = []
    var (recipients, statuses): ([Automaton.Pattern], [Automaton.Pattern]) = ([], [])
    for (number, atom) in atoms.enumerated() {
      switch atom {
      case .bodyContains(let text, let fold): anywhere[fold, default: []].append(Automaton.Pattern(bytes: text, owner: number))
      case .bodyStartsWith(let text, let fold): atStart[fold, default: []].append(Automaton.Pattern(bytes: text, owner: number))
      case .packetPrefix(let digits): packets.append((digits, number))
      case .toPrefix(let text): recipients.append(Automaton.Pattern(bytes: text, owner: number))
      case .status(let word): statuses.append(Automaton.Pattern(bytes: word, owner: number))
      }
    }
    bodies = Fold.allCases.filter { anywhere[$0] != nil || atStart[$0] != nil }
      .map { Body($0, anywhere: anywhere[$0] ?? [], atStart: atStart[$0] ?? []) }
    self.packets = PacketTable(packets)
    self.recipients = recipients.isEmpty ? nil : Prefixes(recipients)
    self.statuses = statuses.isEmpty ? nil : Prefixes(statuses)
  }

  /// Appends the numbers of the atoms that are true, each once, in no order. Allocates nothing if there is none.
  func appendTrue(of report: Report, to found: inout [Int]) {
    if let text = report.body {
      for body in bodies {
        body.fold.withSearchable(text) { text in
          body.anywhere.appendOwners(in: text, to: &found)
          body.atStart.appendOwners(in: text, to: &found)
        }
      }
    }
    if let packetID = report.packetID { packets.appendOwners(of: packetID, to: &found) }
    if let recipients, let to = report.to { recipients.appendOwners(in: to.utf8.span, to: &found) }
    if let number = statuses?.owner(of: report.key.status.utf8.span) { found.append(number) }
  }
}
