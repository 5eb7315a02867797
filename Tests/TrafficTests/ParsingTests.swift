import Model
import Testing
import Traffic

struct ParsingTests {
  @Test(arguments: [
    ("500ms", Duration.milliseconds(500)), ("10s", .seconds(10)), ("5m", .minutes(5)), ("2h", .hours(2)), ("3d", .days(3)), ("0s", .zero),
  ])
  func `a duration is a number and a unit`(text: String, duration: Duration) {
    #expect(DurationText.parse(text) == duration)
  }

  @Test(arguments: ["", "10", "s", "1.5s", "-1s", "10 s", "10S", "1000000000s", "10sm", "٣s"])
  func `a duration without a clear meaning is refused`(text: String) {
    #expect(DurationText.parse(text) == nil)
  }

  @Test(arguments: [
    ("http://127.0.0.1:8080/api/hook?token=a%20b", "127.0.0.1", 8080, "/api/hook?token=a%20b"),
    ("HTTP://relay.lan", "relay.lan", 80, "/"),
    ("http://relay.lan?token=x#y", "relay.lan", 80, "/?token=x"),
    ("http://[::1]:9/x", "::1", 9, "/x"),
    ("http://[::1]/x", "::1", 80, "/x"),
  ])
  func `a URL is taken apart`(url: String, host: String, port: Int, uri: String) throws {
    let target = try Target(url)
    #expect(target.host == host)
    #expect(target.port == port)
    #expect(target.uri == uri)
  }

  @Test(arguments: [
    ("https://sms.example.com/x?token=SECRET", "http only"), ("ftp://x/?token=SECRET", "begin with http://"),
    ("SECRET", "begin with http://"),
    ("http:///x?token=SECRET", "no host"), ("http://x:0/?token=SECRET", "port"), ("http://x:y/?token=SECRET", "port"),
    ("http://x:70000/?token=SECRET", "port"), ("http://[::1]8/?token=SECRET", "port"), ("http://u:SECRET@x/", "user name"),
    ("http://x/?token=SECRET\r\nx: y", "percent-encode"), ("http://x/ş?token=SECRET", "percent-encode"),
  ])
  func `a URL that cannot be used is explained without showing its token`(url: String, words: String) throws {
    let error = try #require(throws: TrafficError.self) { try Target(url) }
    #expect(error.description.contains(words))
    #expect(!error.description.contains("SECRET"))
  }
}
