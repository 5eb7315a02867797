/// Lists by number, in two tables.
struct FlatLists: Sendable {
  /// One more at the end.
  private let starts: ContiguousArray<UInt32>
  private let flat: ContiguousArray<UInt32>

  init(_ lists: [[Int]]) {
    var (starts, flat): (ContiguousArray<UInt32>, ContiguousArray<UInt32>) = ([0], [])
    for list in lists {
      flat += list.map(UInt32.init)
      starts.append(UInt32(flat.count))
    }
    (self.starts, self.flat) = (starts, flat)
  }

  func append(_ number: Int, to array: inout [Int]) {
    for index in starts[number]..<starts[number + 1] { array.append(Int(flat[Int(index)])) }
  }
}
