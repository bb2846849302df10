import DemoSession
import FileAccess
import Inference
import RateNetwork
import SessionFolder
import Spool
import Vocabulary
import WorkerProtocol

extension Worker {
  static func inspect(_ task: InspectTask) throws(Failure) -> WorkerMessage.Outcome {
    do {
      return .inspected(try SessionReading(of: task.source).inspection)
    } catch {
      let directories = (try? SessionRecovery.directoriesInNeed(of: task.source)) ?? []
      if directories.isEmpty { throw error }
      return .needsRecovery(directories)
    }
  }

  static func infer(_ task: InferTask, _ output: MessageOutput) throws(Failure) -> JobSummary {
    let clock = ContinuousClock()
    let start = clock.now
    let reading = try reading(task)
    guard let planned = task.inspection.jobs.first(where: { $0.identity == task.job }) else {
      throw Failure(.usage, "blechd-worker", "\(task.job) is no job of the inspection", remedy: "")
    }
    let job = try reading.inference(of: planned)
    let spool = try openSpool(task.spool)
    if !task.retrains, let stored = spooled(planned, in: spool) { return stored.summary }
    let saved =
      task.retrains
      ? nil : SessionReading.savedModel(of: planned, task.inspection.parameters, in: task.source)
    let result = try run(job, saved: saved, output)
    let summary = JobSummary(
      result, of: job, wasSaved: saved != nil, seconds: (clock.now - start) / .seconds(1))
    let stored = StoredResult(result, of: planned, parameters: task.inspection.parameters, summary: summary)
    do {
      try spool.store(try stored.encoded(), as: planned.fingerprint)
    } catch let error as FileError {
      throw error.failure()
    } catch {
      throw Failure(.internalError, task.spool, "\(error)", remedy: "please report this")
    }
    return summary
  }

  /// The session anew. Scripts rewrite its files in place: where one cannot be read that has changed since the inspection,
  /// that says nothing about the session, which is looked at again.
  private static func reading(_ task: InferTask) throws(Failure) -> SessionReading {
    do throws(Failure) {
      return try SessionReading(of: task.source, only: task.job)
    } catch {
      let stamps = try? Session(at: task.source.directory).stamps()
      guard stamps != task.inspection.stamps else { throw error }
      throw Failure(
        .temporary, error.place, "\(error.what), and has changed since its inspection",
        remedy: error.remedy, unreadiness: error.unreadiness)
    }
  }

  private static func run(
    _ job: InferenceJob, saved: TrainedModel?, _ output: MessageOutput
  ) throws(Failure) -> InferenceResult {
    do {
      return try runInference(job, saved: saved) { progress in
        output.send(
          WorkerMessage.Progress(
            step: progress.step, steps: progress.steps, trainingLoss: Double(progress.trainingLoss),
            validationLoss: progress.validationLoss.map { Double($0) }))
      }
    } catch {
      throw Failure(.badData, "the network", error.description, remedy: "")
    }
  }

  static func commit(_ task: CommitTask) throws(Failure) -> CommitAnswer {
    let spool = try openSpool(task.spool)
    let commit = Commit(
      task.source, task.inspection, jobs: task.jobs,
      pipelineWait: task.pipelineWaitSeconds.map { .seconds($0) })
    return try ParentWatch.uninterrupted { () throws(Failure) in
      let answer = try commit.run { spooled($0, in: spool) }
      guard case .committed = answer else { return answer }
      // What is in the .h5 is not needed again; what cannot be removed only takes up room.
      let done = Set(task.jobs).subtracting(task.sharing)
      for job in task.inspection.jobs where done.contains(job.identity) {
        try? spool.remove(job.fingerprint)
      }
      return answer
    }
  }

  static func recover(_ task: RecoverTask) throws(Failure) -> [RecoverySummary] {
    try ParentWatch.uninterrupted { () throws(Failure) in
      try SessionRecovery.recover(
        at: task.path, searchesBelow: task.searchesBelow, discardsRefused: task.discardsRefused)
    }
  }

  static func demo(_ task: DemoTask) throws(Failure) -> WorkerMessage.Outcome {
    let session = try DemoSession(
      tastes: task.tastes, trials: task.trials, units: task.units, seed: task.seed)
    do {
      try session.write(to: task.directory, truth: task.truth)
    } catch let failure as Failure {
      throw failure
    } catch let error as FileError {
      throw error.failure()
    } catch {
      throw Failure(
        .cannotWrite, task.directory, "\(error)", remedy: "name a directory that does not exist yet")
    }
    return .demonstrated
  }

  private static func openSpool(_ path: String) throws(Failure) -> Spool {
    do {
      return try Spool(at: path)
    } catch {
      throw error.failure()
    }
  }

  /// A spooled result that is whole, or nil: then it is inferred again.
  private static func spooled(_ job: PlannedJob, in spool: Spool) -> StoredResult? {
    guard let bytes = try? spool.result(job.fingerprint), var stored = try? StoredResult(decoding: bytes),
      stored.fingerprint == job.fingerprint
    else { return nil }
    stored.summary.origin = .spool
    return stored
  }
}

extension JobSummary {
  init(_ result: InferenceResult, of job: InferenceJob, wasSaved: Bool, seconds: Double) {
    let network = result.model?.network
    self.init(
      origin: network == nil ? .silent : wasSaved ? .savedModel : .trained,
      units: job.counts.units, trials: job.counts.trials, steps: network?.steps ?? 0,
      bestStep: network?.bestStep, trainingLoss: network.map { Double($0.trainingLoss) },
      validationLoss: network.map { Double($0.validationLoss) }, bitsPerSpike: result.bitsPerSpike,
      psthBitsPerSpike: result.bitsPerSpikeOfPSTH, seconds: seconds,
      warnings: result.warnings.map(\.description))
  }
}
