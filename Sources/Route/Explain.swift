import Model

/// One route's answer to one report, for a person.
package struct RouteVerdict: Sendable, Equatable {
  package var route: String
  package var isCopied: Bool
  /// By which rule it is copied, or the first condition that failed. Holds texts of the rules, and nothing of the report but its status
  /// and packet id.
  package var reason: String
}

extension RuleSet {
  /// Why each route gets the report or does not, in the order of the file. Written apart from `route`, for people and not for speed.
  /// - Parameter isClaimed: whether the packet was claimed for the route of this index.
  package func explain(_ report: Report, isClaimed: (Int) -> Bool = { _ in false }) -> [RouteVerdict] {
    let findings = routes.indices.map { index in finding(of: routes[index], report, isClaimed: isClaimed(index)) }
    let owner = speaker(of: routes.indices.filter { findings[$0].isTrue }, report)
    return routes.indices.map { verdict(of: routes[$0], findings[$0], report, owner: owner) }
  }

  /// Of a report of which nobody gets a copy: why, said by so many routes at most. First those that own it and do not want its status, and
  /// then the others, in the order of the file. Fast also where there are thousands of them.
  /// - Parameter isClaimed: as of `explain`.
  package func refusals(of report: Report, max: Int, isClaimed: (Int) -> Bool = { _ in false }) -> [RouteVerdict] {
    let owners = owners(of: report, isClaimed: isClaimed)
    let owner = speaker(of: owners, report)
    let refusing = owners.filter { !routes[$0].wants(report.key.status) }
    let others = routes.indices.lazy.filter { !refusing.containsByHalving($0) }
    let shown = Array(refusing.prefix(max)) + others.prefix(Swift.max(0, max - refusing.count))
    return shown.map { verdict(of: routes[$0], finding(of: routes[$0], report, isClaimed: isClaimed($0)), report, owner: owner) }
  }

  /// Which of its owners an `otherwise` route's reason names: one that gets a copy says more than one that refused.
  private func speaker(of owners: [Int], _ report: Report) -> RouteSettings? {
    (owners.first { routes[$0].wants(report.key.status) } ?? owners.first).map { routes[$0] }
  }

  private func finding(of route: RouteSettings, _ report: Report, isClaimed: Bool) -> Finding {
    Examination(of: report, fold: route.fold, isClaimed: isClaimed).finding(of: route)
  }

  /// - Parameter owner: `speaker`; nil if nobody owns the report.
  private func verdict(of route: RouteSettings, _ finding: Finding, _ report: Report, owner: RouteSettings?) -> RouteVerdict {
    var ground = finding.isTrue ? finding.reason : nil
    if ground == nil, route.otherwise, owner == nil { ground = "no other route matched" }
    guard let ground else {
      let refusal = route.otherwise ? owner?.otherwiseRefusal(report) : nil
      return RouteVerdict(route: route.name, isCopied: false, reason: refusal ?? finding.reason)
    }
    guard route.wants(report.key.status) else {
      let wanted = (route.statuses ?? []).joined(separator: ", ")
      let reason = "\(ground), but status \(quoted(report.key.status)) is not among \(wanted)"
      return RouteVerdict(route: route.name, isCopied: false, reason: reason)
    }
    return RouteVerdict(route: route.name, isCopied: true, reason: ground)
  }
}

extension RouteSettings {
  /// Said of an `otherwise` route by the first route that owns the report.
  fileprivate func otherwiseRefusal(_ report: Report) -> String {
    wants(report.key.status)
      ? "it gets what no other route matched, and route \(quoted(name)) matched"
      : "it gets what no other route matched, and route \(quoted(name)) owns this report but does not want its status"
  }
}

/// Whether a condition is true, and what makes it so: of a tree, the conditions at its ends that decide.
private struct Finding {
  /// More of them are counted.
  static let reasonsShownMax = 3

  var isTrue: Bool
  var reasons: [String]

  var reason: String {
    let more = reasons.count - Self.reasonsShownMax
    return reasons.prefix(Self.reasonsShownMax).joined(separator: "; ") + (more > 0 ? "; and \(more) more" : "")
  }
}

/// A report as one route looks at it.
private struct Examination {
  let report: Report
  let fold: Fold
  /// Folded.
  let body: [UInt8]?
  let isClaimed: Bool

  init(of report: Report, fold: Fold, isClaimed: Bool) {
    self.report = report
    self.fold = fold
    self.isClaimed = isClaimed && report.packetID != nil
    body = report.body.map { fold.folded($0) }
  }

  /// The rule by which the route owns the report, or why it does not.
  func finding(of route: RouteSettings) -> Finding {
    if let body {
      for marker in route.markers {
        guard let character = character(of: marker, in: body) else { continue }
        return Finding(isTrue: true, reasons: ["the body contains \(quoted(marker)) at character \(character)"])
      }
    }
    if let packetID = report.packetID, let prefix = route.packetPrefixes.first(where: { String(packetID).hasPrefix($0) }) {
      return Finding(isTrue: true, reasons: ["packet_id \(packetID) begins with \(quoted(prefix))"])
    }
    var refusals: [String] = []
    if !route.markers.isEmpty {
      let which = route.markers.count == 1 ? "\(quoted(route.markers[0]))" : "any of its \(route.markers.count) markers"
      refusals.append(body == nil ? Self.noBody : "the body does not contain \(which)")
    }
    if !route.packetPrefixes.isEmpty {
      let prefixes = route.packetPrefixes
      let which = prefixes.count == 1 ? "\(quoted(prefixes[0]))" : "any of its \(prefixes.count) prefixes"
      refusals.append(report.packetID.map { "packet_id \($0) does not begin with \(which)" } ?? "the report has no packet_id")
    }
    if route.orders {
      if isClaimed { return Finding(isTrue: true, reasons: [claim]) }
      refusals.append(claim)
    }
    if let match = route.match {
      let found = finding(of: match, RouteKeys.match.name)
      if found.isTrue { return found }
      refusals.append(found.reason)
    }
    return Finding(isTrue: false, reasons: [refusals.isEmpty ? "it has no rule" : refusals.joined(separator: ", and ")])
  }

  /// - Parameter path: as it stands in the file, to the block in which the condition is; with the place in each list of blocks counted from 1.
  private func finding(of condition: Condition, _ path: String) -> Finding {
    switch condition {
    case .all(let parts): return all(findings(of: parts, path + "." + condition.key), path)
    case .block(let parts): return all(parts.map { finding(of: $0, path) }, path)
    case .any(let parts): return any(findings(of: parts, path + "." + condition.key), path)
    case .values(let parts): return any(parts.map { finding(of: $0, path) }, path)
    case .not(let part):
      let found = finding(of: part, path + "." + condition.key)
      return Finding(isTrue: !found.isTrue, reasons: found.reasons)
    case .bodyContains, .bodyStartsWith, .packetPrefix, .status, .toPrefix, .order:
      let (isTrue, words) = answer(to: condition)
      return Finding(isTrue: isTrue, reasons: ["\(path).\(condition.key): \(words)"])
    }
  }

  private func findings(of parts: [Condition], _ path: String) -> [Finding] {
    parts.enumerated().map { finding(of: $1, "\(path)[\($0 + 1)]") }
  }

  private func all(_ findings: [Finding], _ path: String) -> Finding {
    findings.first { !$0.isTrue } ?? Finding(isTrue: true, reasons: reasons(of: findings, path))
  }

  private func any(_ findings: [Finding], _ path: String) -> Finding {
    findings.first(where: \.isTrue) ?? Finding(isTrue: false, reasons: reasons(of: findings, path))
  }

  private func reasons(of findings: [Finding], _ path: String) -> [String] {
    findings.isEmpty ? ["\(path): there is no condition in it"] : findings.flatMap(\.reasons)
  }

  private func answer(to condition: Condition) -> (isTrue: Bool, words: String) {
    switch condition {
    case .bodyContains(let text):
      guard let body else { return (false, Self.noBody) }
      guard let character = character(of: text, in: body) else { return (false, "the body does not contain \(quoted(text))") }
      return (true, "the body contains \(quoted(text)) at character \(character)")
    case .bodyStartsWith(let text):
      guard let body else { return (false, Self.noBody) }
      let wanted = fold.folded(text)
      if body.starts(with: wanted) { return (true, "the body begins with \(quoted(text))") }
      let (has, wants) = (Self.scalars(body[...]), Self.scalars(wanted[...]))
      let same = zip(has, wants).prefix { $0 == $1 }.count
      let place = same == has.count ? "ends after character \(same)" : "differs at character \(same + 1)"
      return (false, "the body does not begin with \(quoted(text)): it \(place)")
    case .packetPrefix(let digits):
      guard let packetID = report.packetID else { return (false, "the report has no packet_id") }
      let isTrue = String(packetID).hasPrefix(digits)
      return (isTrue, "packet_id \(packetID) \(isTrue ? "begins" : "does not begin") with \(quoted(digits))")
    case .toPrefix(let text):
      guard let to = report.to else { return (false, "the report has no recipient") }
      let isTrue = Array(to.utf8).starts(with: Array(text.utf8))
      return (isTrue, "the recipient \(isTrue ? "begins" : "does not begin") with \(Self.masked(text))")
    case .status(let word):
      let status = report.key.status
      if isSameStatus(status, word) { return (true, "the status is \(quoted(word))") }
      return (false, "the status is \(quoted(status)), not \(quoted(word))")
    case .order: return (isClaimed, claim)
    case .all, .any, .not, .block, .values: preconditionFailure("a tree has no answer of its own")
    }
  }

  private static let noBody = "the report has no body"

  private var claim: String {
    guard let packetID = report.packetID else { return "the report has no packet_id, by which it could be claimed" }
    return "packet \(packetID) is \(isClaimed ? "" : "not ")claimed for it"
  }

  /// Where the text first stands in the folded body, in Unicode scalars from 1.
  private func character(of text: String, in body: [UInt8]) -> Int? {
    body.firstOffset(of: fold.folded(text)).map { Self.scalars(body[..<$0]).count + 1 }
  }

  private static func scalars(_ text: ArraySlice<UInt8>) -> String.UnicodeScalarView {
    String(decoding: text, as: UTF8.self).unicodeScalars
  }

  /// A rule may hold a number whole.
  private static func masked(_ prefix: String) -> String {
    let digitsShownMax = 9
    return quoted(prefix.count > digitsShownMax ? Model.masked(phone: prefix) : prefix)
  }
}

extension Condition {
  /// Under which it stands in the file. Empty for what has no key of its own.
  fileprivate var key: String {
    switch self {
    case .all: ConditionKeys.every.name
    case .any: ConditionKeys.any.name
    case .not: ConditionKeys.not.name
    case .bodyContains: ConditionKeys.bodyContains.name
    case .bodyStartsWith: ConditionKeys.bodyStartsWith.name
    case .packetPrefix: ConditionKeys.packetPrefix.name
    case .status: ConditionKeys.status.name
    case .toPrefix: ConditionKeys.toPrefix.name
    case .order: ConditionKeys.order.name
    case .block, .values: ""
    }
  }
}

extension [UInt8] {
  /// Where `needle` first stands, in bytes. In the time of both lengths together: Knuth, Morris and Pratt, "Fast pattern matching in
  /// strings", SIAM Journal on Computing 6(2), 1977.
  func firstOffset(of needle: [UInt8]) -> Int? {
    guard !needle.isEmpty else { return 0 }
    guard needle.count <= count else { return nil }
    let borders = needle.borders
    var matched = 0
    for (index, byte) in enumerated() {
      while matched > 0, needle[matched] != byte { matched = borders[matched - 1] }
      if needle[matched] == byte { matched += 1 }
      if matched == needle.count { return index + 1 - matched }
    }
    return nil
  }

  /// By byte: how long the longest end is, of what is up to here, that is a beginning too and not all of it.
  private var borders: [Int] {
    var borders = [Int](repeating: 0, count: count)
    var length = 0
    for index in indices.dropFirst() {
      while length > 0, self[length] != self[index] { length = borders[length - 1] }
      if self[length] == self[index] { length += 1 }
      borders[index] = length
    }
    return borders
  }
}
