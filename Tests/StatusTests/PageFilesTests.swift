import Foundation
import Testing

@testable import Status

/// The files of the page, as they stand in the sources.
struct PageFilesTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Sources/Status/Page").standardizedFileURL

  private static func files(_ ending: String) throws -> [(name: String, text: String)] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(ending) }.sorted()
    return try names.map { ($0, try String(contentsOf: folder.appending(path: $0), encoding: .utf8)) }
  }

  @Test func `no template can put out what is not escaped`() throws {
    let templates = try Self.files(".mustache")
    #expect(templates.count > 10)
    for (name, text) in templates {
      for word in ["{{{", "{{&", "{{ &", "CONTENT_TYPE", "{{="] { #expect(!text.contains(word), "\(word) in \(name)") }
    }
  }

  @Test func `no template has a style, a script or a handler of its own, or an attribute without quotes`() throws {
    for (name, text) in try Self.files(".mustache") {
      for word in ["<style", "style=", "javascript:", "srcdoc", "<iframe", "<object", "<base"] {
        #expect(!text.contains(word), "\(word) in \(name)")
      }
      #expect(text.firstMatch(of: /\son[a-z]+\s*=/) == nil, "\(name)")
      #expect(text.firstMatch(of: /=\s*\{\{/) == nil, "a value without quotes in \(name)")
      for script in text.matches(of: /<script[^>]*>([^<]*)</) { #expect(script.1.isEmpty && script.0.contains("src=")) }
    }
  }

  @Test func `style and script load nothing and make no code of text`() throws {
    for (name, text) in try Self.files(".css") + Self.files(".js") {
      for word in [
        "@import", "url(", "http:", "https:", "innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "new Function", "document.write",
      ] {
        #expect(!text.contains(word), "\(word) in \(name)")
      }
    }
    #expect(try Self.files(".js").allSatisfy { $0.text.hasPrefix("'use strict';") })
  }

  @Test func `colours can be told apart in light and in dark`() throws {
    let style = try #require(try Self.files(".css").first).text
    let blocks = style.matches(of: /:root \{([^}]*)\}/).map { String($0.1) }
    try #require(blocks.count == 2)
    for block in blocks {
      let colours = Dictionary(
        block.matches(of: /--([a-z-]+): #([0-9a-f]{3,6});/).map { (String($0.1), String($0.2)) }, uniquingKeysWith: { first, _ in first })
      func luminance(_ name: String) throws -> Double {
        var digits = try #require(colours[name], "\(name)")
        if digits.count == 3 { digits = digits.map { "\($0)\($0)" }.joined() }
        let parts = stride(from: 0, to: 6, by: 2).map { Double(Int(digits.dropFirst($0).prefix(2), radix: 16)!) / 255 }
        let linear = parts.map { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
      }
      let pairs = [
        ("text", "page"), ("text", "card"), ("text", "soft"), ("text", "ill-soft"), ("text", "warn-soft"), ("quiet", "page"),
        ("quiet", "card"),
        ("quiet", "ill-soft"), ("quiet", "warn-soft"), ("accent", "card"), ("accent", "page"), ("well", "card"), ("ill", "card"),
        ("warn", "card"), ("ill", "ill-soft"), ("warn", "warn-soft"), ("well", "well-soft"),
      ]
      for (front, back) in pairs {
        let (a, b) = (try luminance(front), try luminance(back))
        // WCAG 2.2, 1.4.3 (AA).
        #expect((max(a, b) + 0.05) / (min(a, b) + 0.05) >= 4.5, "\(front) on \(back)")
      }
    }
  }
}
