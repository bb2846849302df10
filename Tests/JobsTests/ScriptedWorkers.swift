import Vocabulary
import WorkerProtocol

/// Tasks for workers that are scripts, and what such a script answers.
enum ScriptedWorkers {
  private static let source = SessionSource(directory: "/data/session")

  static let inspect = WorkerRequest.Task.inspect(InspectTask(source: source))
  static let commit = WorkerRequest.Task.commit(
    CommitTask(
      source: source,
      inspection: Inspection(
        name: "", h5: "", stamps: [:], parameters: .default, stimulus: 0, jobs: [], notices: []),
      jobs: [], spool: "", pipelineWaitSeconds: nil))
  static let answer = "echo '{\"version\":1,\"content\":{\"result\":{\"_0\":{\"demonstrated\":{}}}}}'"
}
