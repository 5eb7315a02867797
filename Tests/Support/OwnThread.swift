import Foundation

/// Runs what keeps a processor busy for long, or blocks, on a thread of its own: those of the pool are as few as the processors,
/// and all other tests want them, some within a time.
package func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
  }
}
