import Foundation
import Hummingbird
import NIOCore
import NIOPosix

/// Reads a file to its end for one answer, on threads where that may block, and no faster than it is taken.
final class BackupFileReader: Sendable {
  private static let chunkBytes = 256 * 1024
  private let descriptor: Int32

  /// - Parameter descriptor: closed when nobody holds this any more.
  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  func body(_ bytes: Int) -> ResponseBody {
    ResponseBody(contentLength: bytes) { [self] writer in
      var offset = 0
      while offset < bytes {
        let chunk = try await NIOThreadPool.singleton.runIfActive { [self, offset] in
          try read(at: offset, min(Self.chunkBytes, bytes - offset))
        }
        offset += chunk.count
        try await writer.write(ByteBuffer(bytes: chunk))
      }
      try await writer.finish(nil)
    }
  }

  private func read(at offset: Int, _ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var got = 0
    while got < count {
      let more = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress! + got, count - got, off_t(offset + got)) }
      if more < 0, errno == EINTR { continue }
      // Nobody shortens it: a disk that fails ends the answer before its end, which whoever reads it sees.
      guard more > 0 else { throw CocoaError(.fileReadUnknown) }
      got += more
    }
    return bytes
  }
}
