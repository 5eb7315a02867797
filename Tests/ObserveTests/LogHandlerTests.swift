import Foundation
import Logging
import Model
import Observe
import Support
import Testing

struct LogHandlerTests {
  private static let hostile = "a\"b\\c\nd\u{1B}[31m\u{0}\u{2028}ı😀"

  @Test func `a JSON line is one object on one line, whatever is logged`() throws {
    let text = try written { sink in
      let logger = Logger(label: Self.hostile) { JSONLogHandler(label: $0, level: .info, sink: sink, clock: ManualClock().clock) }
      logger.info(
        "\(Self.hostile)",
        metadata: [
          Self.hostile: "\(Self.hostile)", "list": ["x", .stringConvertible(7)], "map": ["k": "\(Self.hostile)"], "time": "mine",
        ])
    }
    #expect(text.hasSuffix("\n"))
    #expect(text.unicodeScalars.filter { $0.properties.generalCategory == .control } == ["\n"])
    let line = try #require(try objects(text).first)
    #expect(line["time"] as? String == "2026-04-29T04:32:24.000000Z")
    #expect(line["level"] as? String == "info")
    #expect(line["message"] as? String == Self.hostile)
    #expect(line["logger"] as? String == Self.hostile)
    #expect(line[Self.hostile] as? String == Self.hostile)
    #expect(line["list"] as? [String] == ["x", "7"])
    #expect((line["map"] as? [String: String])?["k"] == Self.hostile)
    #expect(line["time_"] as? String == "mine")
  }

  @Test func `metadata of an event goes over that of its logger`() throws {
    let text = try written { sink in
      var logger = Logger(label: "x") { JSONLogHandler(label: $0, level: .info, sink: sink, clock: ManualClock().clock) }
      logger[metadataKey: "a"] = "logger"
      logger[metadataKey: "b"] = "logger"
      logger.info("m", metadata: ["b": "event"])
      logger.debug("below the level")
    }
    let lines = try objects(text)
    #expect(lines.count == 1)
    #expect(lines[0]["a"] as? String == "logger")
    #expect(lines[0]["b"] as? String == "event")
  }

  @Test func `a line for people stays one line and cannot steer the terminal`() throws {
    let text = try written { sink in
      let logger = Logger(label: "x") { HumanLogHandler(label: $0, level: .info, hasColour: false, sink: sink, clock: ManualClock().clock) }
      logger.warning("it broke\nreally", metadata: ["route": "shop", "why": "\u{1B}[2J two words"])
    }
    #expect(text == "04:32:24.000 warning  it broke\\u{a}really  route=shop  why=\"\\u{1b}[2J two words\"\n")
  }

  @Test func `colour is used only where it is wanted`() throws {
    func line(_ hasColour: Bool) throws -> String {
      try written { sink in
        Logger(label: "x") { HumanLogHandler(label: $0, level: .info, hasColour: hasColour, sink: sink, clock: ManualClock().clock) }
          .error("m")
      }
    }
    #expect(try line(true) == "04:32:24.000 \u{1B}[31merror\u{1B}[0m    m\n")
    #expect(try line(false) == "04:32:24.000 error    m\n")
  }

  @Test func `a sink whose reader is gone loses the line and nothing else`() throws {
    // SIGPIPE would end the process; the command ignores it, and so does this test.
    signal(SIGPIPE, SIG_IGN)
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    Logger(label: "x") { JSONLogHandler(label: $0, level: .info, sink: sink, clock: ManualClock().clock) }.info("m")
    #expect(!sink.isTerminal)
  }
}
