import Foundation
import Testing

@testable import Deliver

/// libcurl closes some sockets, those of connections that never came to be among them, without a word to the functions that
/// open and close sockets, and their numbers come back at once.
struct EpollTests {
  /// Two ends of a connection, in the given numbers if any: dup2 closes what had the number, as nobody else can in between.
  private func pair(replacing old: Int32? = nil) -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    guard let old else { return (ends[0], ends[1]) }
    #expect(dup2(ends[0], old) == old)
    close(ends[0])
    return (old, ends[1])
  }

  private func ready(_ epoll: Epoll, within timeout: Duration = .zero) -> [Int32] {
    var found: [Int32] = []
    epoll.wait(timeout) { found.append($0.descriptor) }
    return found
  }

  @Test func `a socket is told of while it is wanted`() {
    let epoll = Epoll()
    let (socket, other) = pair()
    epoll.opened(socket)
    epoll.want(socket, readable: false, writable: true)
    #expect(ready(epoll) == [socket])
    epoll.want(socket, readable: true, writable: false)
    #expect(ready(epoll).isEmpty)
    write(other, "x", 1)
    #expect(ready(epoll) == [socket])
    epoll.forget(socket)
    #expect(ready(epoll).isEmpty)
    epoll.want(socket, readable: true, writable: false)
    #expect(ready(epoll) == [socket])
    close(other)
    close(socket)
    epoll.close()
  }

  @Test(arguments: [true, false], [true, false])
  func `a number that came back is the new socket's, whether or not anybody said so`(isWritable: Bool, isAnnounced: Bool) {
    let epoll = Epoll()
    let (socket, old) = pair()
    epoll.opened(socket)
    epoll.want(socket, readable: false, writable: true)
    #expect(ready(epoll) == [socket])
    let (again, other) = pair(replacing: socket)
    epoll.forget(again)
    if isAnnounced { epoll.opened(again) }
    if !isWritable { write(other, "x", 1) }
    epoll.want(again, readable: !isWritable, writable: isWritable)
    #expect(ready(epoll) == [again])
    for descriptor in [old, other, socket] { close(descriptor) }
    epoll.close()
  }

  /// Seen from libcurl nothing changed: it wants the same of the same number.
  @Test func `a socket that takes the place of one that is wanted is wanted`() {
    let epoll = Epoll()
    let (socket, old) = pair()
    epoll.opened(socket)
    epoll.want(socket, readable: true, writable: false)
    let (again, other) = pair(replacing: socket)
    epoll.opened(again)
    write(other, "x", 1)
    #expect(ready(epoll) == [again])
    for descriptor in [old, other, socket] { close(descriptor) }
    epoll.close()
  }

  @Test func `a connection that the other side ended is told of once, and not at all while nobody wants it`() {
    let epoll = Epoll()
    let (socket, other) = pair()
    epoll.opened(socket)
    epoll.want(socket, readable: true, writable: false)
    epoll.forget(socket)
    close(other)
    #expect(ready(epoll).isEmpty)
    epoll.want(socket, readable: true, writable: false)
    #expect(ready(epoll) == [socket])
    close(socket)
    epoll.close()
  }
}
