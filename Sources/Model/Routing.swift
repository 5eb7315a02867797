/// One route's answer.
package enum Verdict: Sendable, Equatable {
  /// The report is not this route's.
  case no
  /// It is, but the route does not want its status.
  case unwanted
  case copy
}

/// What the rules say of one report, as far as they can say it without the store: whose order its packet is, only the transaction that
/// stores it knows.
package struct Routing<Target: Sendable & Hashable>: Sendable, Equatable {
  /// The answer of a route that asks whether the packet was claimed for it.
  package struct Conditional: Sendable, Equatable {
    package var target: Target
    package var ifClaimed: Verdict
    package var ifNot: Verdict

    package init(_ target: Target, ifClaimed: Verdict, ifNot: Verdict) {
      self.target = target
      self.ifClaimed = ifClaimed
      self.ifNot = ifNot
    }
  }

  /// Where the report goes, and who gets a copy; empty unless it is `.matched`. In no particular order.
  package struct Resolved: Sendable, Equatable {
    package var destiny: Destiny
    package var targets: [Target]

    package init(destiny: Destiny, targets: [Target]) {
      precondition(targets.isEmpty == (destiny != .matched), "a report is matched exactly when it owes a copy")
      self.destiny = destiny
      self.targets = targets
    }
  }

  /// Get a copy, whoever claimed the packet.
  package var targets: [Target]
  /// True if a route owns the report whoever claimed the packet, be it one that does not want its status.
  package var isOwned: Bool
  package var conditional: [Conditional]
  /// The `otherwise` routes that want the status: they get a copy if nobody owns the report.
  package var otherwise: [Target]
  /// True if there are `otherwise` routes at all: what nobody else owns is then theirs, wanted or not.
  package var hasOtherwise: Bool

  package init(
    targets: [Target], isOwned: Bool, conditional: [Conditional] = [], otherwise: [Target] = [], hasOtherwise: Bool = false
  ) {
    precondition(isOwned || targets.isEmpty, "who gets a copy owns the report")
    precondition(hasOtherwise || otherwise.isEmpty, "an otherwise route that wants the status is an otherwise route")
    self.targets = targets
    self.isOwned = isOwned
    self.conditional = conditional
    self.otherwise = otherwise
    self.hasOtherwise = hasOtherwise
  }

  /// A route owns a report by its rules, and then may not want its status: what all owners refuse is filtered, and neither unmatched
  /// nor for `otherwise`.
  /// - Parameter isClaimed: whether the report's packet was claimed for the target. Asked of `conditional` ones only.
  package func resolved(_ isClaimed: (Target) -> Bool) -> Resolved {
    var (targets, isOwned) = (targets, isOwned)
    for route in conditional {
      switch isClaimed(route.target) ? route.ifClaimed : route.ifNot {
      case .no: break
      case .unwanted: isOwned = true
      case .copy:
        isOwned = true
        targets.append(route.target)
      }
    }
    if !isOwned { targets = otherwise }
    guard targets.isEmpty else { return Resolved(destiny: .matched, targets: targets) }
    return Resolved(destiny: isOwned || hasOtherwise ? .filtered : .unmatched, targets: [])
  }

  package func map<Other>(_ change: (Target) -> Other) -> Routing<Other> {
    Routing<Other>(
      targets: targets.map(change), isOwned: isOwned,
      conditional: conditional.map { .init(change($0.target), ifClaimed: $0.ifClaimed, ifNot: $0.ifNot) },
      otherwise: otherwise.map(change), hasOtherwise: hasOtherwise)
  }
}
