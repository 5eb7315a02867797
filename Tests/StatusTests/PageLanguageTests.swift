import Model
import Support
import Testing

@testable import Status

struct PageLanguageTests {
  @Test(arguments: [
    ("", "en"), ("tr", "tr"), ("tr-TR,tr;q=0.9,en;q=0.8", "tr"), ("en-US,en;q=0.9,tr;q=0.8", "en"), ("de,fr;q=0.9", "en"),
    ("en;q=0.2, TR;q=0.7", "tr"), ("de, tr;q=0.3", "tr"), ("tr;q=0, en;q=0.1", "en"), ("*, tr;q=0.5", "en"), ("tr;q=x", "en"),
    (";;,,=", "en"),
  ])
  func `the page speaks what its reader likes best of what it can`(header: String, tag: String) async throws {
    #expect(Language.preferred(header).rawValue == tag)
    let page = try await withDoor { url, _ in
      try await http("GET", url + "/status", headers: [("Accept", "text/html"), ("Accept-Language", header)]).text
    }
    #expect(page.contains("<html lang=\"\(tag)\">"))
  }

  @Test func `a language that is chosen is kept on every link, and wins over what the browser asks for`() async throws {
    for path in ["/status", "/status/search", "/status/reports/5"] {
      let page = try await withDoor { url, _ in
        try await http("GET", url + path + "?lang=tr", headers: [("Accept", "text/html"), ("Accept-Language", "en")]).text
      }
      #expect(page.contains("<html lang=\"tr\">"))
      #expect(page.contains("name=\"lang\" value=\"tr\""))
      let links = page.matches(of: /<a [^>]*href="([^"#]+)"[^>]*>/).map { String($0.1) }
      let others = links.filter { $0.hasPrefix("/status") && !$0.contains("lang=") && $0 != "/status.json" }
      #expect(others == [], "\(path)")
    }
  }

  @Test func `numbers and times are as the language writes them`() {
    let (english, turkish) = (Phrases(.english), Phrases(.turkish))
    #expect((english.number(1_234_567), turkish.number(1_234_567)) == ("1,234,567", "1.234.567"))
    #expect((english.number(4.46), turkish.number(4.46)) == ("4.5", "4,5"))
    #expect((english.number(4.0), turkish.number(1_234.6)) == ("4", "1.235"))
    #expect((english.size(3_400_000), turkish.size(3_400_000)) == ("3.4 MB", "3,4 MB"))
    #expect((english.lasting(.minutes(184)), turkish.lasting(.minutes(184))) == ("3 h 4 min", "3 saat 4 dakikadır"))
    #expect((english.lasting(.hours(3)), turkish.lasting(.hours(3))) == ("3 h", "3 saattir"))
    #expect((english.short(.hours(51)), turkish.short(.hours(51))) == ("2 d 3 h", "2 gün 3 sa"))
    #expect((english.took(.microseconds(400)), turkish.took(.milliseconds(1_250))) == ("< 1 ms", "1,3 sn"))
    let now = ManualClock().now
    #expect((english.time(now), turkish.time(now)) == ("2026-04-29 04:32:24 UTC", "2026-04-29 04:32:24 UTC"))
    #expect((english.ago(now - .seconds(3), at: now), turkish.ago(now - .minutes(3), at: now)) == ("3 s ago", "3 dk önce"))
  }

  @Test func `no English word is left on the Turkish page`() async throws {
    var source = sample {
      $0.lanes[2].lastError = "no answer within 10 s"
      $0.lanes[1].state.pause = Pause(.operator, since: ManualClock().now - .hours(1))
    }.source
    source.lookups.history = { _ in History.steady(until: ManualClock().now) }
    source.isStoreWritable = { false }
    source.publicDoorAnswers = { false }
    let page = try await withDoor(source) { url, _ in try await http("GET", url + "/status?lang=tr").text }
    #expect(page.contains("10 sn içinde yanıt gelmedi"))
    // Commands, names, and what is marked as English are what they are.
    var text = page.replacing(/<code>[^<]*<\/code>/, with: "").replacing(/<[^>]*lang="en"[^>]*>[^<]*</, with: "<")
    text = text.replacing(/aria-label="Komutu kopyala: [^"]*"/, with: "")
    // Of attributes only those that are for people have words.
    let forPeople: Set<Substring> = [
      "title", "placeholder", "aria-label", "data-label", "data-copied", "data-live", "data-lost", "data-reload",
    ]
    text = text.replacing(/\s([a-zA-Z-]+)="([^"]*)"/) { forPeople.contains($0.1) ? " \($0.2) " : " " }
    text = text.replacing("dlr-relay", with: "").replacing(/retention\.[a-z]+/, with: "").replacing("charset", with: "")
    let written = Set(text.replacing(/<\/?[a-zA-Z][a-z0-9-]*/, with: " ").lowercased().split { !$0.isLetter }.map(String.init))
    let english = Words.english
    var words = Set<String>()
    for child in Mirror(reflecting: english).children {
      guard let word = child.value as? String, child.label != "languageName", child.label != "code" else { continue }
      words.formUnion(word.lowercased().split { !$0.isLetter }.map(String.init).filter { $0.count > 3 })
    }
    var turkish = Set<String>()
    for child in Mirror(reflecting: Words.turkish).children {
      if let word = child.value as? String { turkish.formUnion(word.lowercased().split { !$0.isLetter }.map(String.init)) }
    }
    #expect(words.count > 100)
    #expect(written.intersection(words).subtracting(turkish) == [])
  }

  @Test func `every word and sentence differs from the other language's, where it should`() {
    let same = zip(Mirror(reflecting: Words.english).children, Mirror(reflecting: Words.turkish).children).filter { english, turkish in
      (english.value as? String).map { $0 == turkish.value as? String } ?? false
    }
    #expect(same.compactMap(\.0.label) == [])
    for failure in TransportFailure.allCases {
      let (english, turkish) = (EnglishSentences().cause(failure), TurkishSentences().cause(failure))
      #expect(english != turkish)
      #expect(ErrorWords(english, Phrases(.turkish)).text == turkish)
    }
    for refusal in Refusal.allCases { #expect(Words.english.refusals[refusal] != nil && Words.turkish.refusals[refusal] != nil) }
    #expect(ErrorWords("answered 503", Phrases(.turkish)).text == "503 yanıtı verdi")
    #expect(ErrorWords("certificate has expired", Phrases(.turkish)).isEnglish)
  }
}
