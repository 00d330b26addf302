// One engine per collection; the machine has few cores and the tests look at whole-host state (mounts, links, processes).
[assembly: CollectionBehavior(DisableTestParallelization = true)]
