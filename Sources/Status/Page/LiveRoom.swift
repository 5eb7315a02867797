import Hummingbird
import Model
import ServiceLifecycle
import Synchronization

/// Whoever has the page open. One look at the relay for all of them at each tick, and none while there is nobody.
final class LiveRoom: Sendable {
  /// One more is told to reload now and then.
  static let viewersMax = 32
  static let tickEvery: Duration = .seconds(2)
  /// Ticks in a row at which a viewer had not taken the frame before; then its connection is closed.
  static let missedMax = 15
  /// The public door is asked at every so many-th tick only.
  private static let doorAskedEvery = 5

  /// What is new at a tick; the same for all who see the same page.
  struct Frame: Sendable {
    var parts: [(id: String, html: String)]
  }

  private struct Viewer: Sendable {
    var query: PageQuery
    var frames: AsyncStream<Frame>.Continuation
    var missed = 0
    var disconnect: @Sendable () -> Void
  }

  private struct State: Sendable {
    var viewers: [Int: Viewer] = [:]
    var lastViewer = 0
    var ticks = 0
    var doorAnswers = true
  }

  /// A viewer's place, which is free again when nobody holds on to this.
  final class Seat: Sendable {
    let frames: AsyncStream<Frame>
    private let leave: @Sendable () -> Void

    init(_ frames: AsyncStream<Frame>, leave: @escaping @Sendable () -> Void) { (self.frames, self.leave) = (frames, leave) }

    /// No frame comes any more.
    func end() { leave() }

    deinit { leave() }
  }

  private let source: StatusSource
  private let state = Mutex(State())

  init(_ source: StatusSource) { self.source = source }

  /// - Parameter disconnect: of a viewer who takes nothing.
  /// - Returns: nil if there is no place.
  func join(_ query: PageQuery, disconnect: @escaping @Sendable () -> Void) -> Seat? {
    // Only the newest is kept: who reads slowly sees fewer of them, and costs no more memory.
    let (frames, continuation) = AsyncStream.makeStream(of: Frame.self, bufferingPolicy: .bufferingNewest(1))
    let id: Int? = state.withLock { state in
      guard state.viewers.count < Self.viewersMax else { return nil }
      state.lastViewer += 1
      state.viewers[state.lastViewer] = Viewer(query: query, frames: continuation, disconnect: disconnect)
      return state.lastViewer
    }
    guard let id else { return nil }
    return Seat(frames) { [weak self] in
      continuation.finish()
      self?.state.withLock { _ = $0.viewers.removeValue(forKey: id) }
    }
  }

  func tick() async {
    let (queries, asksDoor) = state.withLock { state in
      state.ticks += 1
      return (Set(state.viewers.values.map(\.query)), state.ticks % Self.doorAskedEvery == 1)
    }
    guard !queries.isEmpty else { return source.sample() }
    if asksDoor {
      let answers = await source.publicDoorAnswers()
      state.withLock { $0.doorAnswers = answers }
    }
    let snapshot = await source.snapshot()
    let health = Health(
      snapshot, isStoreWritable: source.isStoreWritable(), publicDoorAnswers: state.withLock { $0.doorAnswers })
    var histories: [Chart.Span: [HistorySample]] = [:]
    for query in queries where histories[query.span] == nil { histories[query.span] = await source.history(query.span, at: snapshot.now) }
    for query in queries {
      show(Frame(parts: StatusView(snapshot, health, histories[query.span] ?? [], query).parts), to: query)
    }
  }

  private func show(_ frame: Frame, to query: PageQuery) {
    let lost: [@Sendable () -> Void] = state.withLock { state in
      var lost: [@Sendable () -> Void] = []
      for (id, viewer) in state.viewers where viewer.query == query {
        if case .dropped = viewer.frames.yield(frame) { state.viewers[id]!.missed += 1 } else { state.viewers[id]!.missed = 0 }
        if state.viewers[id]!.missed >= Self.missedMax { lost.append(viewer.disconnect) }
      }
      return lost
    }
    for disconnect in lost { disconnect() }
  }
}

/// Runs as long as the door is open.
struct LiveTicker: Service {
  let room: LiveRoom
  let every: Duration

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while (try? await Task.sleep(for: every)) != nil { await room.tick() }
    }
  }
}

extension StatusSource {
  /// Nothing where the store cannot be read: a page without charts is better than none.
  func history(_ span: Chart.Span, at now: Instant) async -> [HistorySample] {
    // With the sample before, of which the first difference is.
    (try? await lookups.history(now - span.duration - .minutes(2))) ?? []
  }
}
