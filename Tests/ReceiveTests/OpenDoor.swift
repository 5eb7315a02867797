import Model
import Receive
import Route
import Support

/// A public door on a free port, with what it asked of its journal and told its observer.
struct OpenDoor: Sendable {
  static let path = "/hook"
  static let token = "right-token"
  static let otherToken = "next/token+ü&="

  let door: PublicDoor
  let journal: ScriptedJournal
  let events: Tape<Event>
  /// As it was opened.
  let settings: ReceiveSettings
  let acceptReport: AcceptReport

  /// The rule file changes.
  func reload(acceptReport: AcceptReport? = nil, _ change: (inout ReceiveSettings) -> Void = { _ in }) {
    var changed = settings
    change(&changed)
    door.reload(changed, acceptReport: acceptReport ?? self.acceptReport)
  }

  var port: Int { door.port }
  func url(_ target: String = "\(path)?token=\(token)") -> String { "http://127.0.0.1:\(port)\(target)" }

  /// Everything that the door says to these bytes until it ends the connection.
  func says(to bytes: String, halfClose: Bool = false) async throws -> String {
    String(decoding: try await raw(Array(bytes.utf8), host: "127.0.0.1", port: port, halfClose: halfClose), as: UTF8.self)
  }

  func connect<Result: Sendable>(sending first: String = "", _ body: (RawConnection) async throws -> Result) async throws -> Result {
    try await RawConnection.with(host: "127.0.0.1", port: port, sending: Array(first.utf8), body)
  }

  /// The refusals that were told to the observer, so far.
  var refusals: [Refusal] { events.all.compactMap { if case .refused(let refusal, _) = $0 { refusal } else { nil } } }
}

/// - Parameter change: of the settings, which are the defaults on a free port of 127.0.0.1 with two tokens, and with time-outs that no
///   busy machine comes near: a test sets the one that it is about.
func withDoor(
  _ mode: ScriptedJournal.Mode = .answers(nil), settings change: (inout ReceiveSettings) -> Void = { _ in },
  _ body: (OpenDoor) async throws -> Void
) async throws {
  var settings = ReceiveSettings(tokens: [
    Token(label: "1", value: Secret(OpenDoor.token)), Token(label: "2", value: Secret(OpenDoor.otherToken)),
  ])
  settings.listen = Endpoint(host: "127.0.0.1", port: 0)
  settings.path = OpenDoor.path
  for limit in [\ReceiveSettings.deadline, \.readTimeout, \.idleTimeout] { settings[keyPath: limit] = .hours(1) }
  change(&settings)
  var shop = RouteSettings(name: "shop", url: Secret("http://127.0.0.1/shop"))
  shop.markers = ["#SHOP"]
  shop.statuses = ["delivered", "undelivered"]
  var bank = RouteSettings(name: "bank", url: Secret("http://127.0.0.1/bank"))
  bank.packetPrefixes = ["1045"]
  let (journal, events) = (ScriptedJournal(mode), Tape<Event>())
  let accept = AcceptReport(rules: RuleSet([shop, bank]), lanes: [LaneID(7), LaneID(9)], journal: journal) { events.append($0) }
  let clock = ManualClock()
  let door = try await PublicDoor.open(settings, acceptReport: accept, journal: journal, clock: clock.clock) { events.append($0) }
  do {
    try await body(OpenDoor(door: door, journal: journal, events: events, settings: settings, acceptReport: accept))
    await door.close()
  } catch {
    await door.close()
    throw error
  }
}

let sample = #"{"report":{"id":1599558518,"packet_id":104525848,"status":"accepted","to":"+905XXXXXXXXX","body":"Message text"}}"#

/// A request as a client writes it. Content-Length is added for a body.
func request(
  _ method: String = "POST", _ target: String = "\(OpenDoor.path)?token=\(OpenDoor.token)", version: String = "1.1",
  headers: [String] = [], body: String? = sample
) -> String {
  var lines = ["\(method) \(target) HTTP/\(version)", "Host: relay"] + headers
  if let body { lines.append("Content-Length: \(body.utf8.count)") }
  return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
}

/// An answer, byte for byte.
/// Of the answer to who asks whether the door is ready.
let instanceLine = "\(PublicDoor.instanceHeader): \(PublicDoor.instance)"

func answer(_ status: String, _ body: String, extra: [String] = [], closes: Bool = false, isHead: Bool = false) -> String {
  var lines = ["HTTP/1.1 \(status)", "content-type: application/json", "content-length: \(body.utf8.count)"] + extra
  if closes { lines.append("connection: close") }
  return lines.joined(separator: "\r\n") + "\r\n\r\n" + (isHead ? "" : body)
}

let received = #"{"received": true}"#
let notReceived = #"{"received": false}"#
let unauthorized = #"{"error":"unauthorized"}"#
