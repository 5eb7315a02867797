import Model
import Observe
import Testing

struct RecorderTests {
  @Test func `durations land in the histogram of what they are about`() throws {
    let recorder = Recorder()
    recorder.observe(.accepted(after: .milliseconds(2)))
    recorder.observe(.committed(reports: 3, results: 4, took: .milliseconds(5)))
    recorder.observe(.delivered(LaneID(7), tries: 1, lag: .milliseconds(9)))
    let record = recorder.snapshot()
    #expect(record.door.accept.sum == 2_000)
    #expect(record.store.commit.sum == 5_000)
    #expect(record.store.batches.sum == 7)
    #expect(record.lanes[LaneID(7)]?.lag.sum == 9_000)
    #expect(record.lanes.count == 1)
  }

  @Test func `every outcome is counted under its label`() {
    let recorder = Recorder()
    let outcomes: [Outcome] =
      [200, 204, 301, 404, 503, 999].map { .answered(status: $0) } + TransportFailure.allCases.map { .failed($0) }
    for outcome in outcomes + outcomes { recorder.observe(.attempted(LaneID(1), outcome, detail: "", took: .zero)) }
    let counted = recorder.snapshot().lanes[LaneID(1)]?.attempts.byLabel ?? []
    let expected = Dictionary(outcomes.map { ($0.label, 2) }) { $0 + $1 }
    #expect(Dictionary(uniqueKeysWithValues: counted.map { ($0.label, $0.count) }) == expected)
  }

  @Test(arguments: [(0, 1), (1, 1), (2, 3), (3, 3), (4, 7), (1_023, 1_023), (1_024, 2_047), (2_047, 2_047)])
  func `a batch is counted in the bucket that ends at or after it`(size: Int, bound: Int) throws {
    let recorder = Recorder()
    recorder.observe(.committed(reports: size, results: 0, took: .zero))
    let index = try #require(BatchSizes.bounds.firstIndex(of: bound))
    #expect(recorder.snapshot().store.batches.buckets[index] == 1)
  }

  @Test func `a batch beyond the last bound is still counted`() {
    let recorder = Recorder()
    recorder.observe(.committed(reports: 1_000_000, results: 0, took: .zero))
    #expect(recorder.snapshot().store.batches.buckets.last == 1)
  }

  @Test func `the last error of the store is forgotten when a commit succeeds`() {
    let recorder = Recorder()
    recorder.observe(.commitFailed(.full))
    #expect(recorder.snapshot().store.lastError == .full)
    recorder.observe(.committed(reports: 1, results: 0, took: .zero))
    #expect(recorder.snapshot().store.lastError == nil)
    #expect(recorder.snapshot().store.failedCommits == 1)
  }

  @Test func `no event is lost between threads`() async {
    let recorder = Recorder()
    await withTaskGroup { group in
      for lane in 0..<8 {
        group.addTask {
          for _ in 0..<1_000 {
            recorder.observe(.accepted(after: .microseconds(3)))
            recorder.observe(.delivered(LaneID(lane % 2), tries: 1, lag: .microseconds(5)))
          }
        }
      }
    }
    let record = recorder.snapshot()
    #expect(record.door.accept.count == 8_000)
    #expect(record.lanes.values.map(\.lag.count) == [4_000, 4_000])
  }
}
