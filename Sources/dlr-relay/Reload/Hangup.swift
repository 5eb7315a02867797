import Foundation

/// SIGHUP, which by custom asks a server to read its files again.
struct Hangup {
  private let source: any DispatchSourceSignal

  /// Until this is called a hangup is to be ignored, lest it end the process; nothing is missed by that, as the file has just been read.
  static func ignore() { signal(SIGHUP, SIG_IGN) }

  /// From the return on none is missed, and none ends the process.
  static func watch(_ hungUp: @escaping @Sendable () -> Void) async -> Hangup {
    let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
    source.setEventHandler(handler: hungUp)
    await withCheckedContinuation { registered in
      source.setRegistrationHandler { registered.resume() }
      source.resume()
    }
    return Hangup(source: source)
  }

  func cancel() { source.cancel() }
}
