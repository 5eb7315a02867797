import Testing

@testable import dlr_relay

/// When a file is worth reading again, without a file and without a clock.
struct FileWatchTests {
  private let start = SuspendingClock.now
  private let first = FileLook(path: "/etc/relay/routes.yaml", device: 1, inode: 10, bytes: 100, writtenAt: 1_000, changedAt: 1_000)

  private func changed(_ look: FileLook, _ change: (inout FileLook) -> Void) -> FileLook {
    var look = look
    change(&look)
    return look
  }

  /// Written in place at a time.
  private func written(_ look: FileLook, _ time: Int64, bytes: Int = 100) -> FileLook {
    changed(look) { ($0.writtenAt, $0.changedAt, $0.bytes) = (time, time, bytes) }
  }

  @Test func `a file that stays is read no more`() {
    var watch = FileWatch(first)
    for second in 0..<10 { #expect(watch.sees(first, at: start + .seconds(second)) == false) }
  }

  @Test func `another file that is renamed to the name is read at once, and once`() {
    var watch = FileWatch(first)
    let renamed = changed(first) { ($0.inode, $0.writtenAt, $0.changedAt) = (11, 2_000, 2_001) }
    #expect(watch.sees(renamed, at: start) == true)
    #expect(watch.sees(renamed, at: start + .hours(1)) == false)
  }

  @Test func `a link that leads elsewhere is read at once, though the file there was written in place`() {
    var watch = FileWatch(first)
    let other = changed(first) { ($0.path, $0.inode) = ("/etc/relay/..2026/routes.yaml", 12) }
    #expect(watch.sees(other, at: start) == true)
    #expect(watch.sees(first, at: start + .milliseconds(1)) == true, "and so is the way back")
  }

  @Test func `a file that is written in place is read when it has been the same for a second`() {
    var watch = FileWatch(first)
    for step in 1...20 { #expect(watch.sees(written(first, Int64(2_000 + step)), at: start + .milliseconds(900 * step)) == false) }
    let last = written(first, 2_020)
    #expect(watch.sees(last, at: start + .milliseconds(18_999)) == false)
    #expect(watch.sees(last, at: start + .milliseconds(19_000)) == true)
    #expect(watch.sees(last, at: start + .hours(1)) == false)
  }

  @Test func `a new file of the name that is still being written is not read half`() {
    var watch = FileWatch(first)
    let begun = changed(written(first, 2_000, bytes: 0)) { $0.inode = 11 }
    #expect(watch.sees(begun, at: start) == false)
    let done = changed(written(first, 2_500, bytes: 90)) { $0.inode = 11 }
    #expect(watch.sees(done, at: start + .milliseconds(999)) == false)
    #expect(watch.sees(done, at: start + .milliseconds(1_998)) == false)
    #expect(watch.sees(done, at: start + .milliseconds(1_999)) == true)
  }

  @Test func `a file that vanishes is missed after a second, and told once`() {
    var watch = FileWatch(first)
    #expect(watch.sees(nil, at: start) == false)
    #expect(watch.sees(first, at: start + .milliseconds(500)) == false, "it was only gone for a moment")
    #expect(watch.sees(nil, at: start + .seconds(1)) == false)
    #expect(watch.sees(nil, at: start + .seconds(2)) == true)
    #expect(watch.sees(nil, at: start + .hours(1)) == false)
    #expect(watch.sees(first, at: start + .hours(2)) == false, "it may be half written when it is back")
    #expect(watch.sees(first, at: start + .hours(2) + .seconds(1)) == true)
  }

  @Test func `what changes while it is read is read again`() {
    var watch = FileWatch(first)
    let second = written(first, 2_000)
    watch.wasRead(first)
    #expect(watch.sees(second, at: start) == false)
    #expect(watch.sees(second, at: start + .seconds(1)) == true)
  }

  @Test func `a change that keeps size and time shows in when the file was changed`() {
    var watch = FileWatch(first)
    let sly = changed(first) { $0.changedAt = 2_000 }
    #expect(watch.sees(sly, at: start) == false)
    #expect(watch.sees(sly, at: start + .seconds(1)) == true)
  }

  @Test func `each of the files that a rule file refers to counts, until it refers to it no more`() {
    var watch = FilesWatch(["rules": first, "secret": first])
    let other = changed(first) { $0.path = "/elsewhere" }
    #expect(watch.sees(["rules": first, "secret": other], at: start) == true)
    #expect(watch.sees(["rules": first, "secret": other], at: start) == false)
    watch.wereRead(["rules": first], isAll: true)
    #expect(watch.paths == ["rules"])
    #expect(watch.sees(["rules": first, "secret": first], at: start) == false)
    // A file that could not be read to its end may refer to others.
    watch.wereRead(["rules": first, "second": other], isAll: false)
    #expect(watch.paths == ["rules", "second"])
    #expect(watch.sees(["rules": first, "second": other], at: start) == false)
  }
}
