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
      let logger = Logger(label: Self.hostile) {
        JSONLogHandler(label: $0, level: SharedLevel(.info), sink: sink, clock: ManualClock().clock)
      }
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
      var logger = Logger(label: "x") { JSONLogHandler(label: $0, level: SharedLevel(.info), sink: sink, clock: ManualClock().clock) }
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
      let logger = Logger(label: "x") {
        HumanLogHandler(label: $0, level: SharedLevel(.info), hasColour: false, sink: sink, clock: ManualClock().clock)
      }
      logger.warning("it broke\nreally", metadata: ["route": "shop", "why": "\u{1B}[2J two words"])
    }
    #expect(text == "04:32:24.000 warning  it broke\\u{a}really  route=shop  why=\"\\u{1b}[2J two words\"\n")
  }

  @Test func `text that runs backwards or is not seen is shown as what it is`() throws {
    let text = try written { sink in
      human(sink).warning("m", metadata: ["why": "a\u{202E}b\u{200B}c"])
    }
    #expect(text == "04:32:24.000 warning  m  why=a\\u{202e}b\\u{200b}c\n")
  }

  @Test func `bytes that are no UTF-8 make no broken line`() throws {
    let broken = String(decoding: [0x61, 0xFF, 0xC3] as [UInt8], as: UTF8.self)
    for isJSON in [true, false] {
      let text = try written { sink in
        (isJSON ? json(sink) : human(sink)).warning("m", metadata: ["why": "\(broken)"])
      }
      #expect(text.contains("a\u{FFFD}") && text.hasSuffix("\n"))
      if isJSON { #expect(try objects(text).count == 1) }
    }
  }

  @Test(arguments: [("412", "412 more times in 60 s"), ("1", "1 more time in 60 s")])
  func `what repeats is said to people in words`(_ more: String, _ words: String) throws {
    let text = try written { sink in human(sink).notice("m", metadata: ["more": "\(more)", "within": "60 s", "route": "shop"]) }
    #expect(text == "04:32:24.000 notice   m  (\(words))  route=shop\n")
  }

  @Test func `a level that is shared changes for every copy at once, and one that a copy has of its own does not`() throws {
    let level = SharedLevel(.info)
    let text = try written { sink in
      let logger = json(sink, level)
      var other = logger
      other.logLevel = .error
      level.level = .debug
      logger.debug("1")
      other.debug("2")
      level.level = .warning
      logger.info("3")
      logger.warning("4")
    }
    #expect(try objects(text).map { $0["message"] as? String } == ["1", "4"])
  }

  @Test func `what a library has to say at info is not news, but is there for who wants more`() throws {
    let level = SharedLevel(.info)
    let text = try written { sink in
      let logger = Logger(label: "x") { JSONLogHandler(label: $0, level: level, isOfLibrary: true, sink: sink, clock: ManualClock().clock) }
      logger.info("1")
      logger.notice("2")
      level.level = .debug
      logger.info("3")
    }
    #expect(try objects(text).map { $0["message"] as? String } == ["2", "3"])
  }

  private func json(_ sink: LogSink, _ level: SharedLevel = SharedLevel(.info)) -> Logger {
    Logger(label: "x") { JSONLogHandler(label: $0, level: level, sink: sink, clock: ManualClock().clock) }
  }

  private func human(_ sink: LogSink) -> Logger {
    Logger(label: "x") { HumanLogHandler(label: $0, level: SharedLevel(.info), hasColour: false, sink: sink, clock: ManualClock().clock) }
  }

  @Test func `colour is used only where it is wanted`() throws {
    func line(_ hasColour: Bool) throws -> String {
      try written { sink in
        Logger(label: "x") {
          HumanLogHandler(label: $0, level: SharedLevel(.info), hasColour: hasColour, sink: sink, clock: ManualClock().clock)
        }
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
    Logger(label: "x") { JSONLogHandler(label: $0, level: SharedLevel(.info), sink: sink, clock: ManualClock().clock) }.info("m")
    #expect(!sink.isTerminal)
  }
}
