import Reporting
import Testing

@Suite struct SteeringAnswerTests {
  @Test func `An answer looks as the documentation says`() throws {
    let answer = SteeringAnswer(.processBacklog, sessions: ["/data/a", "/data/b"], message: "2 sessions")
    let text = try JSONDocument.text(answer)
    #expect(
      text == """
        {
          "message" : "2 sessions",
          "sessions" : [
            "/data/a",
            "/data/b"
          ],
          "sessions_left_out" : 0,
          "verb" : "process_backlog",
          "version" : 1
        }

        """)
    #expect(try JSONDocument.decode(SteeringAnswer.self, from: Array(text.utf8)) == answer)
  }

  @Test func `A thousand sessions are named, the others counted`() {
    let answer = SteeringAnswer(.process, sessions: (0..<1500).map { "/data/\($0)" }, message: "")
    #expect(answer.sessions.count == 1000 && answer.sessionsLeftOut == 500)
    #expect(answer.sessions.last == "/data/999")
  }
}
