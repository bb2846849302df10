import Configuration
import Parameters

/// A configuration in which nothing has its default.
enum Everything {
  static let yaml = """
    watch:
      - path: /data/lab
        backend: polling
        exclude: ["*.tmp", old/**]
        priority: -5
        backlog: 2026-01-31
      - path: /data/lab2
        backend: inotify
        backlog: all
    settle_seconds: 2.5
    pipeline_wait_minutes: 0
    require_execution_log: false
    existing_results: replace
    inference_file: null
    inference:
      time_lims: [1000, 4000]
      bin_size: 50
      forecast_time: 150
      train_steps: 200
      hidden_size: 4
      train_test_split: 0.5
      use_pca: false
      separate_tastes: false
      separate_regions: true
      patience: 0
      model: blechrnn
      dropout: 0.5
      learning_rate: 1e-3
      seed: 7
    figures: {set: none, format: png, dpi: 300}
    limits:
      jobs: 3
      cpu_percent_per_job: 50
      memory_per_job_mb: 2048
      memory_total_percent: 80
      wall_time_per_job_minutes: 30
      nice: 19
      io_class: best-effort
      free_disk_min_mb: 0
      pressure_max_percent: {cpu: 60, memory: null, io: 30}
      hours: 19:00-07:00
    retry: {attempts: 1, first_delay_seconds: 1, max_delay_seconds: 1}
    history: {days: 30, rows: 100}
    notify: {command: [/usr/local/bin/tell-us, --channel, ephys rig]}
    control_group: lab
    """

  static let configuration: Configuration = {
    var root = WatchedRoot(path: "/data/lab")
    root.backend = .polling
    root.exclude = ["*.tmp", "old/**"]
    root.priority = -5
    root.backlog = .since("2026-01-31")
    var second = WatchedRoot(path: "/data/lab2")
    second.backend = .inotify
    second.backlog = .all
    var made = Configuration(watch: [root, second])
    made.settle = .milliseconds(2500)
    made.pipelineWait = .zero
    made.requiresExecutionLog = false
    made.replacesForeignResults = true
    made.inference = parameters
    made.figures.set = .none
    made.figures.dpi = 300
    made.limits = limits
    made.retry.attempts = 1
    made.retry.firstDelay = .seconds(1)
    made.retry.longestDelay = .seconds(1)
    made.history.days = 30
    made.history.rows = 100
    made.notifyCommand = ["/usr/local/bin/tell-us", "--channel", "ephys rig"]
    made.controlGroup = "lab"
    return made
  }()

  private static var parameters: ParameterOverrides {
    var parameters = ParameterOverrides()
    parameters.timeLims = TimeLimits(start: 1000, end: 4000)
    parameters.binSize = 50
    parameters.forecastTime = 150
    parameters.trainSteps = 200
    parameters.hiddenSize = 4
    parameters.trainTestSplit = 0.5
    parameters.usePCA = false
    parameters.separateTastes = false
    parameters.separateRegions = true
    parameters.patience = 0
    parameters.model = .blechrnn
    parameters.dropout = 0.5
    parameters.learningRate = 1e-3
    parameters.seed = 7
    return parameters
  }

  private static var limits: Configuration.Limits {
    var limits = Configuration.Limits()
    limits.jobs = .count(3)
    limits.cpuPerJobPercent = 50
    limits.memoryPerJobMB = 2048
    limits.memoryTotalPercent = 80
    limits.wallTimePerJob = .seconds(1800)
    limits.nice = 19
    limits.ioClass = .bestEffort
    limits.freeDiskMinimumMB = 0
    limits.pressure.cpuPercent = 60
    limits.pressure.memoryPercent = nil
    limits.pressure.ioPercent = 30
    limits.hours = HoursOfDay("19:00-07:00")
    return limits
  }
}
