import CEpoll
import Foundation
import Model
import Synchronization

/// Sends: one thread that owns the lanes and libcurl's handles, between the journal that hands over and the apps.
///
/// Other threads only put into its mailbox, which wakes it once for many entries.
package final class Deliverer: Sendable {
  private struct Mailbox {
    var handovers: [Handover] = []
    var stopBy: Instant?
    var isAwake = false
  }

  private let mailbox = Mutex(Mailbox())
  private let latestGauges = Mutex<[LaneGauge]>([])
  private let wakeDescriptor: Int32
  private let clock: Clock
  private let ended = DispatchSemaphore(value: 0)

  /// Starts sending what the journal has for the routes.
  /// - Parameters:
  ///   - lanes: of the routes, in the same order.
  ///   - userAgent: of the copies.
  package init(
    routes: [RouteSettings], lanes: [LaneID], journal: some Journal, userAgent: String, clock: @escaping Clock,
    observer: @escaping Observer, rng: some RandomNumberGenerator & Sendable
  ) {
    wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    precondition(wakeDescriptor >= 0, "no eventfd: \(String(cString: strerror(errno)))")
    self.clock = clock
    journal.connect { [self] handover in
      post { $0.handovers.append(handover) }
    }
    let thread = Thread { [self] in
      let dispatcher = Dispatcher(routes: routes, lanes: lanes, observer: observer, rng: rng)
      var loop = Loop(deliverer: self, dispatcher: dispatcher, journal: journal, routes: routes, userAgent: userAgent)
      loop.run()
      ended.signal()
    }
    thread.name = "deliver"
    thread.start()
  }

  /// The lanes as they are now, in the order of the routes.
  package func gauges() -> [LaneGauge] { latestGauges.withLock { $0 } }

  /// Starts nothing more, waits for what is in flight, at most `Limits.stopTimeMax`, and ends. What has no result by then is
  /// sent again after the next start. Blocks; once.
  package func stop() {
    let by = clock() + Limits.stopTimeMax
    post { $0.stopBy = by }
    ended.wait()
    mailbox.withLock { mailbox in
      // The journal goes on handing over, but nobody is to be woken, least of all by a number that may be another file's.
      mailbox.isAwake = true
      close(wakeDescriptor)
    }
  }

  private func post(_ change: (inout Mailbox) -> Void) {
    mailbox.withLock { mailbox in
      change(&mailbox)
      guard !mailbox.isAwake else { return }
      mailbox.isAwake = true
      var one: UInt64 = 1
      _ = write(wakeDescriptor, &one, 8)
    }
  }

  /// One turn after another on the thread that owns everything here.
  private struct Loop<RNG: RandomNumberGenerator, Store: Journal> {
    private static var showEvery: Duration { .milliseconds(50) }

    let deliverer: Deliverer
    var dispatcher: Dispatcher<RNG>
    let journal: Store
    let epoll = Epoll()
    let transport: CurlTransport
    var stopBy: Instant?
    /// When to show the lanes as they are to other threads; nil if nothing happened since the last time.
    var showAt: Instant?

    init(deliverer: Deliverer, dispatcher: Dispatcher<RNG>, journal: Store, routes: [RouteSettings], userAgent: String) {
      self.deliverer = deliverer
      self.dispatcher = dispatcher
      self.journal = journal
      transport = CurlTransport(routes: routes, userAgent: userAgent, epoll: epoll)
      epoll.want(deliverer.wakeDescriptor, readable: true, writable: false)
    }

    mutating func run() {
      deliverer.latestGauges.withLock { $0 = dispatcher.gauges() }
      while true {
        takeMail()
        collect()
        act()
        showIfDue()
        if isOver() { break }
        wait()
      }
      transport.close()
      epoll.close()
    }

    private func isOver() -> Bool {
      guard let stopBy else { return false }
      return dispatcher.inFlight == 0 || deliverer.clock() >= stopBy
    }

    private mutating func takeMail() {
      var mail = deliverer.mailbox.withLock { mailbox in
        defer { mailbox = Mailbox() }
        return mailbox
      }
      for handover in mail.handovers { dispatcher.receive(handover) }
      guard let by = mail.stopBy.take() else { return }
      stopBy = by
      dispatcher.stop()
    }

    /// Ends of attempts become settlements, those of time-outs too.
    private mutating func collect() {
      let now = deliverer.clock()
      transport.checkTime()
      transport.takeEnded { attempt, outcome, detail in dispatcher.ended(attempt, outcome, detail: detail, at: now) }
    }

    private mutating func act() {
      let now = deliverer.clock()
      let output = dispatcher.advance(to: now)
      journal.settle(output.settle)
      for (queue, lane) in output.fetch { journal.fetch(queue, of: lane) }
      for attempt in output.start { transport.start(attempt) }
    }

    /// Not at every turn: with many lanes that would cost more than sending.
    private mutating func showIfDue() {
      let now = deliverer.clock()
      guard let due = showAt else {
        showAt = now + Self.showEvery
        return
      }
      guard due <= now else { return }
      showAt = nil
      deliverer.latestGauges.withLock { $0 = dispatcher.gauges() }
    }

    private func wait() {
      let wakeAt = [dispatcher.nextWake, stopBy, showAt].compactMap { $0 }.min()
      let timeouts = [wakeAt.map { max(.zero, $0 - deliverer.clock()) }, transport.timeLeft]
      epoll.wait(timeouts.compactMap { $0 }.min()) { ready in
        if ready.descriptor == deliverer.wakeDescriptor {
          var count: UInt64 = 0
          _ = read(deliverer.wakeDescriptor, &count, 8)
        } else {
          transport.socketReady(ready)
        }
      }
    }
  }
}
