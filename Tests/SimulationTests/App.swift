import Model
import Traffic

/// An app as a script: how it behaves, and until when.
struct App {
  enum Mood: CustomStringConvertible {
    case healthy
    case slow
    /// Refuses this share of requests with 500.
    case failing(Double)
    /// Refuses one report in three, always the same ones.
    case picky
    /// Nothing answers.
    case dead
    /// Takes connections and never answers.
    case hanging
    /// Up and down every few seconds.
    case flapping
    case gone
    /// 429 to one in two.
    case flooded
    /// 503 with Retry-After.
    case busy(Duration)

    var description: String {
      switch self {
      case .healthy: "healthy"
      case .slow: "slow"
      case .failing(let share): "failing \(share)"
      case .picky: "picky"
      case .dead: "dead"
      case .hanging: "hanging"
      case .flapping: "flapping"
      case .gone: "gone"
      case .flooded: "flooded"
      case .busy(let duration): "busy \(duration.seconds)"
      }
    }
  }

  struct Phase {
    var mood: Mood
    var until: Instant
  }

  /// In the order of time; healthy after the last.
  var phases: [Phase]
  private var next = 0

  init(phases: [Phase]) { self.phases = phases }

  mutating func mood(at now: Instant) -> Mood {
    while next < phases.count, phases[next].until <= now { next += 1 }
    return next < phases.count ? phases[next].mood : .healthy
  }

  /// What becomes of an attempt that begins now, and how long it takes.
  mutating func take(_ delivery: Delivery, timeout: Duration, at now: Instant, using rng: inout SplitMix64) -> (Ending, Duration) {
    let soon: Duration = .milliseconds(rng.below(50) + 1)
    let refused = (Ending(.answered(status: 500), detail: "answered 500"), soon)
    let taken = (Ending(.answered(status: 200)), soon)
    switch mood(at: now) {
    case .healthy: return taken
    case .slow: return (Ending(.answered(status: 200)), .milliseconds(500 + rng.below(3_000)))
    case .failing(let share): return rng.chance(share) ? refused : taken
    case .picky: return delivery.key.id % 3 == 0 ? refused : taken
    case .dead: return (Ending(.failed(.refused), detail: "connection refused"), soon)
    case .hanging: return (Ending(.failed(.timeoutFirstByte), detail: "no answer"), timeout)
    case .flapping:
      let isUp = now.microseconds / 7_000_000 % 2 == 0
      return isUp ? taken : (Ending(.failed(.disconnected), detail: "disconnected"), soon)
    case .gone: return (Ending(.answered(status: 410), detail: "answered 410"), soon)
    case .flooded: return rng.chance(0.5) ? (Ending(.answered(status: 429), detail: "answered 429"), soon) : taken
    case .busy(let wait): return (Ending(.answered(status: 503), detail: "answered 503", retryAfter: wait), soon)
    }
  }
}
