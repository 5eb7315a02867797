/// Of the file system that the store is on, in bytes.
package struct DiskSpace: Sendable, Equatable {
  /// As far as the relay may use it.
  package var free: Int
  package var total: Int

  package init(free: Int, total: Int) {
    self.free = free
    self.total = total
  }

  /// Less than this is low.
  package var limit: Int {
    let share = Int(Double(total) * Limits.diskLowShare)
    return min(max(share, Limits.diskLowBytes.lowerBound), Limits.diskLowBytes.upperBound)
  }

  /// A tenth above the limit, so that a disk at the limit is not now low and now not.
  package var isFine: Bool { free >= limit + limit / 10 }
  package var isLow: Bool { free < limit }
}
