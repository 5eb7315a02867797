import Metrics
import Model
import Synchronization

/// Takes the metrics that libraries report through swift-metrics, so that they show in the same scrape.
///
/// Names are brought to Prometheus' rules: `http.server.request.duration` of a timer becomes
/// `http_server_request_duration_seconds`, a counter ends in `_total`. Bounded: beyond `familiesMax` names, `seriesMax` label sets
/// a name, or if a name is taken by another kind, a metric is counted as dropped and shown nowhere.
package final class PrometheusFactory: MetricsFactory {
  private static let familiesMax = 128
  private static let seriesMax = 64
  private static let labelScalarsMax = 128
  private static let bounds = BucketBounds([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])

  private struct Family {
    var kind: Series.Kind
    var label: String
    var series: [String: Series] = [:]
  }

  private struct State {
    var families: [String: Family] = [:]
    var dropped = 0
  }

  private let state = Mutex(State())

  package init() {}

  package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(label, .counter, dimensions)
  }
  package func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
    series(label, .counter, dimensions)
  }
  package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { series(label, .gauge, dimensions) }
  package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    series(label, aggregate ? .summary : .gauge, dimensions)
  }
  package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { series(label, .timer, dimensions) }

  // A destroyed series stays: one that vanished and came back would look like a restart, and the bounds hold anyway.
  package func destroyCounter(_: any CounterHandler) {}
  package func destroyFloatingPointCounter(_: any FloatingPointCounterHandler) {}
  package func destroyMeter(_: any MeterHandler) {}
  package func destroyRecorder(_: any RecorderHandler) {}
  package func destroyTimer(_: any TimerHandler) {}

  private func series(_ label: String, _ kind: Series.Kind, _ dimensions: [(String, String)]) -> Series {
    let name = Self.name(label, kind)
    let pairs = dimensions.map { (name: Self.snake($0.0), value: String($0.1.unicodeScalars.prefix(Self.labelScalarsMax))) }
    let key = pairs.map { "\($0.name)=\($0.value)" }.joined(separator: "\u{0}")
    return state.withLock { state in
      if let known = state.families[name]?.series[key], known.kind == kind { return known }
      let made = Series(kind: kind, labels: Exposition.Labels(pairs))
      let family = state.families[name] ?? Family(kind: kind, label: label)
      let isNew = state.families[name] == nil
      guard family.kind == kind, family.series.count < Self.seriesMax, !name.hasPrefix("dlr_relay_"),
        !isNew || state.families.count < Self.familiesMax
      else {
        state.dropped += 1
        return made
      }
      state.families[name, default: family].series[key] = made
      return made
    }
  }

  func write(to out: inout Exposition) {
    let (families, dropped) = state.withLock { ($0.families, $0.dropped) }
    out.single(
      "dlr_relay_library_series_dropped_total", .counter, "Metrics of libraries that are not shown, since there were too many.",
      Double(dropped))
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      out.head(name, family.kind.exposed, "\(family.label), as a library of the relay reports it.")
      for (_, series) in family.series.sorted(by: { $0.key < $1.key }) { series.write(name, bounds: Self.bounds, to: &out) }
    }
  }

  private static func name(_ label: String, _ kind: Series.Kind) -> String {
    let name = snake(label)
    switch kind {
    case .counter: return name.hasSuffix("_total") ? name : name + "_total"
    case .timer: return name.hasSuffix("_seconds") ? name : name + "_seconds"
    case .gauge, .summary: return name
    }
  }

  /// `nioPool.queue-depth` becomes `nio_pool_queue_depth`.
  private static func snake(_ label: String) -> String {
    var name = ""
    var wasLower = false
    for byte in label.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"):
        if wasLower { name += "_" }
        name.unicodeScalars.append(Unicode.Scalar(byte | 0x20))
      case UInt8(ascii: "a")...UInt8(ascii: "z"): name.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "0")...UInt8(ascii: "9"): name += (name.isEmpty ? "_" : "") + String(Unicode.Scalar(byte))
      default: name += "_"
      }
      wasLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
    return name.isEmpty ? "_" : name
  }
}

/// One metric with its labels, of whatever kind.
private final class Series: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
  enum Kind {
    case counter, gauge, summary, timer

    var exposed: Exposition.Kind {
      switch self {
      case .counter: .counter
      case .gauge: .gauge
      case .summary: .summary
      case .timer: .histogram
      }
    }
  }

  private struct Value {
    var number = 0.0
    var count = 0
    var histogram = Histogram()
  }

  let kind: Kind
  private let labels: Exposition.Labels
  private let value = Mutex(Value())

  init(kind: Kind, labels: Exposition.Labels) {
    self.kind = kind
    self.labels = labels
  }

  func increment(by amount: Int64) { increment(by: Double(amount)) }
  func increment(by amount: Double) { value.withLock { $0.number += amount } }
  func decrement(by amount: Double) { value.withLock { $0.number -= amount } }
  func reset() { value.withLock { $0 = Value() } }
  func set(_ number: Int64) { set(Double(number)) }
  func set(_ number: Double) { value.withLock { $0.number = number } }
  func record(_ number: Int64) { record(Double(number)) }
  func record(_ number: Double) {
    value.withLock {
      $0.number = kind == .gauge ? number : $0.number + number
      $0.count += 1
    }
  }
  func recordNanoseconds(_ duration: Int64) { value.withLock { $0.histogram.record(.nanoseconds(duration)) } }

  func write(_ name: String, bounds: BucketBounds, to out: inout Exposition) {
    let value = value.withLock { $0 }
    switch kind {
    case .counter, .gauge: out.sample(name, labels, value.number)
    case .summary:
      out.sample(name + "_sum", labels, value.number)
      out.sample(name + "_count", labels, value.count)
    case .timer: out.histogram(name, labels, value.histogram, bounds)
    }
  }
}
