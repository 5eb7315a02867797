import Foundation
import Model
import Support

@testable import Deliver

let noon = ManualClock().now

let realClock: Clock = {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  return Instant(microseconds: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000)
}

func delivery(
  _ seq: Int64, lane: Int = 1, status: String = "delivered", body: [UInt8] = Array("{}".utf8), contentType: String? = nil, tries: Int = 0,
  queue: Queue = .ready, receivedAt: Instant = noon
) -> Delivery {
  Delivery(
    lane: LaneID(lane), seq: seq, key: ReportKey(id: seq, status: status), receivedAt: receivedAt,
    payload: Payload(bytes: body, contentType: contentType), tries: tries, queue: queue)
}

func route(_ name: String = "shop", url: String = "http://127.0.0.1/hook", _ change: (inout RouteSettings) -> Void = { _ in })
  -> RouteSettings
{
  var route = RouteSettings(name: name, url: Secret(url))
  change(&route)
  return route
}

/// SplitMix64.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A page that ends its queue, unless it says otherwise.
func page(_ deliveries: [Delivery], _ queue: Queue = .ready, lane: Int = 1, isMore: Bool = false, nextDue: Instant? = nil) -> Page {
  Page(lane: LaneID(lane), queue: queue, deliveries: deliveries, isMore: isMore, nextDue: nextDue)
}
