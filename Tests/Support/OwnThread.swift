import Dispatch
import Testing

/// Runs each of its tests on a thread of its own. For what keeps a processor busy for long, or blocks: the threads of the pool are
/// as few as the processors, and all other tests want them, some within a time that the other side of a connection sets.
package struct OwnThread: TestTrait, SuiteTrait, TestScoping {
  package var isRecursive: Bool { true }

  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(OneAfterTheOther()) { try await function() }
  }
}

extension Trait where Self == OwnThread {
  package static var ownThread: OwnThread { OwnThread() }
}

/// Runs a task's jobs, and those of its children, outside the pool. A test must not block until another task of its own has gone on.
private final class OneAfterTheOther: TaskExecutor {
  /// A serial queue gets a thread as soon as it has work, however many others work.
  private let queue = DispatchQueue(label: "test")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
