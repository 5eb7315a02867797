/// What the provider has to say, and how badly it behaves.
package struct CampaignSettings: Sendable, Equatable {
  package var seed: UInt64
  /// Share of reports that are sent twice.
  package var duplicates = 0.05
  /// Share of messages whose final status comes before `accepted`.
  package var disorder = 0.02
  /// Texts by which apps know their messages. One of them is in nine of ten bodies, two are in one of ten of those.
  package var markers = ["iim.to/", "#SHOP"]
  /// Half of the packets begin with one of these, in decimal.
  package var packetPrefixes: [Int64] = []
  /// Distinct reports, two to a message; nil for no end. Duplicates come on top.
  package var count: Int?

  package init(seed: UInt64) { self.seed = seed }
}

/// The provider's requests, one after another: the same settings give the same bytes in the same order.
///
/// The messages' reports are interleaved as in real traffic: a final status follows `laterSlots` messages after its `accepted`.
package struct Campaign: IteratorProtocol, Sendable {
  /// How many messages lie between a message's two reports.
  private static let laterSlots = 4..<32
  /// How many messages lie between a report and its duplicate.
  private static let duplicateSlots = 1..<60
  private static let undeliveredShare = 0.08
  /// Real orders have about 15 reports.
  private static let packetEndShare = 0.15
  private static let recipientMaskedShare = 0.1

  private let settings: CampaignSettings
  private var rng: SplitMix64
  /// What is due when so many more messages have begun, by slot modulo the count of slots.
  private var slots: [[PlannedRequest]] = Array(repeating: [], count: 64)
  private var slot = 0
  private var waiting = 0
  /// What is due now, last first.
  private var ready: [PlannedRequest] = []
  private var reportsLeft: Int
  private var nextID: Int64
  private var packetNumber: Int64
  private var packetID: Int64 = 0

  package init(_ settings: CampaignSettings) {
    precondition(settings.packetPrefixes.allSatisfy { $0 > 0 && $0 <= Self.packetPrefixMax }, "a packet prefix is 1 to 12 digits")
    self.settings = settings
    rng = SplitMix64(seed: settings.seed)
    reportsLeft = settings.count ?? .max
    // Ids above 2^31, below the 2^53 that JavaScript can hold, and 2^28 apart for different seeds.
    nextID = 1 << 32 + Int64(rng.below(1 << 20)) << 28
    packetNumber = Int64(rng.below(1_000_000))
    beginPacket()
  }

  package static let packetPrefixMax: Int64 = 999_999_999_999

  package mutating func next() -> PlannedRequest? {
    while ready.isEmpty {
      guard reportsLeft > 0 || waiting > 0 else { return nil }
      slot += 1
      swap(&ready, &slots[slot % slots.count])
      waiting -= ready.count
      if reportsLeft > 0 { ready.append(beginMessage()) }
      ready.reverse()
    }
    return ready.removeLast()
  }

  /// Plans a message's reports and their duplicates, and returns the one that goes first.
  private mutating func beginMessage() -> PlannedRequest {
    if rng.chance(Self.packetEndShare) { beginPacket() }
    let accepted = SimulatedReport(id: nextID, packetID: packetID, status: .accepted, to: recipient(), body: text())
    nextID += 1
    var final = accepted
    final.status = rng.chance(Self.undeliveredShare) ? .undelivered : .delivered
    let isDisordered = rng.chance(settings.disorder)

    let first = plan(isDisordered ? final : accepted, after: 0)
    let later = Self.laterSlots.lowerBound + rng.below(Self.laterSlots.count)
    let second = plan(isDisordered ? accepted : final, after: later)
    // An odd count ends with a message of which only one report is known.
    if reportsLeft > 1 { put(second, after: later) }
    reportsLeft = max(0, reportsLeft - 2)
    return first
  }

  private mutating func plan(_ report: SimulatedReport, after slots: Int) -> PlannedRequest {
    let style = JSONStyle(using: &rng)
    var request = PlannedRequest(report: report, bytes: style.write(report, using: &rng), isDuplicate: false, hasTwin: false)
    guard rng.chance(settings.duplicates), slots == 0 || reportsLeft > 1 else { return request }
    request.hasTwin = true
    var duplicate = request
    duplicate.isDuplicate = true
    // Both delays together stay below the count of slots.
    let delay = Self.duplicateSlots.lowerBound + rng.below(Self.duplicateSlots.count - slots)
    put(duplicate, after: slots + delay)
    return request
  }

  private mutating func put(_ request: PlannedRequest, after delay: Int) {
    precondition((1..<slots.count).contains(delay), "a slot further away would come too early")
    slots[(slot + delay) % slots.count].append(request)
    waiting += 1
  }

  private mutating func beginPacket() {
    packetNumber += 1
    packetID = 300_000_000 + packetNumber
    guard let prefix = settings.packetPrefixes.isEmpty ? nil : settings.packetPrefixes[rng.below(settings.packetPrefixes.count)],
      rng.chance(0.5)
    else { return }
    packetID = prefix * 1_000_000 + packetNumber % 1_000_000
  }

  private mutating func recipient() -> String {
    var digits = ""
    for _ in 0..<8 { digits.append(String(rng.below(10))) }
    return rng.chance(Self.recipientMaskedShare) ? "+905\(digits.prefix(5))xxxx" : "+905\(digits)\(rng.below(10))"
  }

  private mutating func text() -> String {
    var parts: [String] = []
    let sentences = rng.chance(0.2) ? 2 + rng.below(5) : 1
    for _ in 0..<sentences {
      let name = Turkish.names[rng.below(Turkish.names.count)]
      parts.append(Turkish.sentences[rng.below(Turkish.sentences.count)](name))
    }
    if rng.chance(0.1) { parts = parts.map(Turkish.decomposed) }
    if !settings.markers.isEmpty, rng.chance(0.9) {
      for _ in 0..<(rng.chance(0.1) ? 2 : 1) { parts.insert(marker(), at: rng.below(parts.count + 1)) }
    }
    return parts.joined(separator: " ") + Turkish.suffix
  }

  /// A marker that ends in a slash is the beginning of a short link.
  private mutating func marker() -> String {
    let marker = settings.markers[rng.below(settings.markers.count)]
    guard marker.hasSuffix("/") else { return marker }
    let letters = Array("abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
    return marker + String((0..<6).map { _ in letters[rng.below(letters.count)] })
  }
}
