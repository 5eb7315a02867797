import Foundation
import Support
import Testing

/// The Turkish pages say what the English ones say, as far as a program can tell: the same skeleton, the same commands, links that lead somewhere.
struct TranslationTests {
  private static let pages = [("README.md", "deploy/tr/README.md"), ("deploy/README.md", "deploy/tr/deploy.md")]
  private static let everyPage = pages.flatMap { [$0.0, $0.1] } + ["Sources/README.md", "Tests/Load/README.md"]

  private static func page(_ path: String) throws -> Page {
    Page(try String(contentsOfFile: Promtool.repository + "/" + path, encoding: .utf8))
  }

  @Test(arguments: pages)
  func `the Turkish page has the commands, headings and rows of the English one`(_ english: String, _ turkish: String) throws {
    let (english, turkish) = (try Self.page(english), try Self.page(turkish))
    #expect(turkish.code == english.code)
    #expect(turkish.skeleton == english.skeleton)
    #expect(english.code.count > 10 && english.skeleton.count > 100)
  }

  @Test(arguments: everyPage)
  func `every link of a page leads to a file, and to a heading in it`(_ path: String) throws {
    let links = try Self.page(path).links.filter { !$0.hasPrefix("https://") }
    for link in links {
      let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let folder = URL(filePath: "/" + path).deletingLastPathComponent()
      let target = parts[0].isEmpty ? path : String(folder.appending(path: parts[0]).standardized.path.dropFirst())
      #expect(FileManager.default.fileExists(atPath: Promtool.repository + "/" + target), "\(link)")
      if parts.count == 2 { #expect(try Self.page(target).anchors.contains(parts[1]), "\(link)") }
    }
  }
}

/// What of Markdown is the same in every language.
private struct Page {
  /// Each block, without the indentation that it owes to a list.
  private(set) var code: [String] = []
  /// A word for each heading, row and item, in their order.
  private(set) var skeleton: [String] = []
  private(set) var anchors: Set<String> = []
  private(set) var links: [String] = []

  init(_ text: String) {
    var block: [Substring] = []
    var isFenced = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.drop { $0 == " " }
      if words.hasPrefix("```") {
        isFenced.toggle()
      } else if isFenced || (line.hasPrefix("    ") && !words.isEmpty) {
        block.append(words)
        continue
      } else if words.isEmpty {
        continue
      } else {
        read(words)
      }
      close(&block)
    }
    close(&block)
  }

  private mutating func close(_ block: inout [Substring]) {
    if !block.isEmpty { code.append(block.joined(separator: "\n")) }
    block = []
  }

  private mutating func read(_ words: Substring) {
    if let heading = words.wholeMatch(of: /(#+) (.*)/) {
      skeleton.append(String(heading.1))
      anchors.insert(Self.anchor(heading.2))
    } else if words.hasPrefix("|") {
      skeleton.append("row of \(words.replacing("\\|", with: "").count { $0 == "|" })")
    } else if words.hasPrefix("- ") {
      skeleton.append("item")
    } else if let step = words.prefixMatch(of: #/(\d+)\. /#) {
      skeleton.append("step \(step.1)")
    }
    links += words.matches(of: /\]\(([^)]+)\)/).map { String($0.1) }
  }

  /// As GitHub makes it.
  private static func anchor(_ heading: Substring) -> String {
    String(
      heading.lowercased().unicodeScalars.filter {
        $0.properties.isAlphabetic || $0.properties.numericType != nil || "-_ ".unicodeScalars.contains($0)
      }
    )
    .replacing(" ", with: "-")
  }
}
