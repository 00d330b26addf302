namespace Gantry.Apps.Cli.Inspecting;

/// <summary>
/// The Go types behind Docker's answers, as far as templates can tell: field names that differ from the JSON's, fields that JSON leaves out
/// when empty, pointers that may be nil, and the order in which a struct prints.
/// </summary>
/// <remarks>
/// A line is <c>Go.TypeName Field:type Field:type ...</c>. A type is s (string), i (integer), f (float), b (bool), t (time), a (anything), T (a type of
/// this list), *T (pointer), [T (slice), {T (map by string), &lt;T (embedded). <c>=name</c> gives the JSON name where it differs, <c>?</c> at the end
/// stands for omitempty, <c>=-</c> for a field that JSON does not have.
/// </remarks>
internal static class GoTypeTable
{
    public const string Text = """
        container.InspectResponse ContainerJSONBase:<*container.ContainerJSONBase Mounts:[container.MountPoint Config:*container.Config NetworkSettings:*container.NetworkSettings ImageManifestDescriptor:*v1.Descriptor?
        container.ContainerJSONBase ID:s=Id Created:s Path:s Args:[s State:*container.State Image:s ResolvConfPath:s HostnamePath:s HostsPath:s LogPath:s Name:s RestartCount:i Driver:s Platform:s MountLabel:s ProcessLabel:s AppArmorProfile:s ExecIDs:[s HostConfig:*container.HostConfig GraphDriver:storage.DriverData SizeRw:*i? SizeRootFs:*i?
        container.State Status:s Running:b Paused:b Restarting:b OOMKilled:b Dead:b Pid:i ExitCode:i Error:s StartedAt:s FinishedAt:s Health:*container.Health?
        container.Health Status:s FailingStreak:i Log:[*container.HealthcheckResult
        container.HealthcheckResult Start:t End:t ExitCode:i Output:s
        container.MountPoint Type:s? Name:s? Source:s Destination:s Driver:s? Mode:s RW:b Propagation:s
        container.Config Hostname:s Domainname:s User:s AttachStdin:b AttachStdout:b AttachStderr:b ExposedPorts:{e? Tty:b OpenStdin:b StdinOnce:b Env:[s Cmd:[s Healthcheck:*v1.HealthcheckConfig? ArgsEscaped:b? Image:s Volumes:{e WorkingDir:s Entrypoint:[s NetworkDisabled:b? MacAddress:s? OnBuild:[s Labels:{s StopSignal:s? StopTimeout:*i? Shell:[s?
        v1.HealthcheckConfig Test:[s? Interval:i? Timeout:i? StartPeriod:i? StartInterval:i? Retries:i?
        container.NetworkSettings NetworkSettingsBase:<container.NetworkSettingsBase DefaultNetworkSettings:<container.DefaultNetworkSettings Networks:{*network.EndpointSettings
        container.NetworkSettingsBase Bridge:s SandboxID:s SandboxKey:s Ports:{[nat.PortBinding HairpinMode:b LinkLocalIPv6Address:s LinkLocalIPv6PrefixLen:i SecondaryIPAddresses:[network.Address SecondaryIPv6Addresses:[network.Address
        container.DefaultNetworkSettings EndpointID:s Gateway:s GlobalIPv6Address:s GlobalIPv6PrefixLen:i IPAddress:s IPPrefixLen:i IPv6Gateway:s MacAddress:s
        network.Address Addr:s PrefixLen:i
        network.EndpointSettings IPAMConfig:*network.EndpointIPAMConfig Links:[s Aliases:[s MacAddress:s DriverOpts:{s GwPriority:i NetworkID:s EndpointID:s Gateway:s IPAddress:s IPPrefixLen:i IPv6Gateway:s GlobalIPv6Address:s GlobalIPv6PrefixLen:i DNSNames:[s
        network.EndpointIPAMConfig IPv4Address:s? IPv6Address:s? LinkLocalIPs:[s?
        nat.PortBinding HostIP:s=HostIp HostPort:s
        container.HostConfig Binds:[s ContainerIDFile:s LogConfig:container.LogConfig NetworkMode:s PortBindings:{[nat.PortBinding RestartPolicy:container.RestartPolicy AutoRemove:b VolumeDriver:s VolumesFrom:[s ConsoleSize:[i Annotations:{s? CapAdd:[s CapDrop:[s CgroupnsMode:s DNS:[s=Dns DNSOptions:[s=DnsOptions DNSSearch:[s=DnsSearch ExtraHosts:[s GroupAdd:[s IpcMode:s Cgroup:s Links:[s OomScoreAdj:i PidMode:s Privileged:b PublishAllPorts:b ReadonlyRootfs:b SecurityOpt:[s StorageOpt:{s? Tmpfs:{s? UTSMode:s UsernsMode:s ShmSize:i Sysctls:{s? Runtime:s? Isolation:s Resources:<container.Resources Mounts:[mount.Mount? MaskedPaths:[s ReadonlyPaths:[s Init:*b?
        container.LogConfig Type:s Config:{s
        container.RestartPolicy Name:s MaximumRetryCount:i
        container.Resources CPUShares:i=CpuShares Memory:i NanoCPUs:i=NanoCpus CgroupParent:s BlkioWeight:i BlkioWeightDevice:[*blkiodev.WeightDevice BlkioDeviceReadBps:[*blkiodev.ThrottleDevice BlkioDeviceWriteBps:[*blkiodev.ThrottleDevice BlkioDeviceReadIOps:[*blkiodev.ThrottleDevice BlkioDeviceWriteIOps:[*blkiodev.ThrottleDevice CPUPeriod:i=CpuPeriod CPUQuota:i=CpuQuota CPURealtimePeriod:i=CpuRealtimePeriod CPURealtimeRuntime:i=CpuRealtimeRuntime CpusetCpus:s CpusetMems:s Devices:[container.DeviceMapping DeviceCgroupRules:[s DeviceRequests:[container.DeviceRequest KernelMemory:i? KernelMemoryTCP:i? MemoryReservation:i MemorySwap:i MemorySwappiness:*i OomKillDisable:*b PidsLimit:*i Ulimits:[*units.Ulimit CPUCount:i=CpuCount CPUPercent:i=CpuPercent IOMaximumIOps:i IOMaximumBandwidth:i
        blkiodev.WeightDevice Path:s Weight:i
        blkiodev.ThrottleDevice Path:s Rate:i
        units.Ulimit Name:s Hard:i Soft:i
        container.DeviceMapping PathOnHost:s PathInContainer:s CgroupPermissions:s
        container.DeviceRequest Driver:s Count:i DeviceIDs:[s Capabilities:[[s Options:{s
        mount.Mount Type:s? Source:s? Target:s? ReadOnly:b? Consistency:s? BindOptions:*mount.BindOptions? VolumeOptions:*mount.VolumeOptions? ImageOptions:*mount.ImageOptions? TmpfsOptions:*mount.TmpfsOptions? ClusterOptions:*a?
        mount.BindOptions Propagation:s? NonRecursive:b? CreateMountpoint:b? ReadOnlyNonRecursive:b? ReadOnlyForceRecursive:b?
        mount.VolumeOptions NoCopy:b? Labels:{s? Subpath:s? DriverConfig:*mount.Driver?
        mount.Driver Name:s? Options:{s?
        mount.ImageOptions Subpath:s?
        mount.TmpfsOptions SizeBytes:i? Mode:i? Options:[[s?
        storage.DriverData Data:{s Name:s
        v1.Descriptor MediaType:s=mediaType Digest:s=digest Size:i=size URLs:[s=urls? Annotations:{s=annotations? Data:s=data? Platform:*v1.Platform=platform? ArtifactType:s=artifactType?
        v1.Platform Architecture:s=architecture OS:s=os OSVersion:s=os.version? OSFeatures:[s=os.features? Variant:s=variant?
        image.InspectResponse ID:s=Id RepoTags:[s RepoDigests:[s Parent:s Comment:s Created:s? Container:s? ContainerConfig:*container.Config? DockerVersion:s Author:s Config:*v1.DockerOCIImageConfig Architecture:s Variant:s? Os:s OsVersion:s? Size:i VirtualSize:i? GraphDriver:storage.DriverData RootFS:image.RootFS Metadata:image.Metadata Descriptor:*v1.Descriptor? Manifests:[a?
        image.RootFS Type:s? Layers:[s?
        image.Metadata LastTagTime:t?
        v1.DockerOCIImageConfig ImageConfig:<v1.ImageConfig DockerOCIImageConfigExt:<v1.DockerOCIImageConfigExt
        v1.ImageConfig User:s? ExposedPorts:{e? Env:[s? Entrypoint:[s? Cmd:[s? Volumes:{e? WorkingDir:s? Labels:{s? StopSignal:s? ArgsEscaped:b?
        v1.DockerOCIImageConfigExt Healthcheck:*v1.HealthcheckConfig? OnBuild:[s? Shell:[s?
        network.Inspect Name:s ID:s=Id Created:t Scope:s Driver:s EnableIPv4:b EnableIPv6:b IPAM:network.IPAM Internal:b Attachable:b Ingress:b ConfigFrom:network.ConfigReference ConfigOnly:b Containers:{network.EndpointResource Options:{s Labels:{s Peers:[network.PeerInfo? Services:{a?
        network.IPAM Driver:s Options:{s Config:[network.IPAMConfig
        network.IPAMConfig Subnet:s? IPRange:s? Gateway:s? AuxAddress:{s=AuxiliaryAddresses?
        network.ConfigReference Network:s
        network.EndpointResource Name:s EndpointID:s MacAddress:s IPv4Address:s IPv6Address:s
        network.PeerInfo Name:s IP:s
        volume.Volume ClusterVolume:*a? CreatedAt:s? Driver:s Labels:{s Mountpoint:s Name:s Options:{s Scope:s Status:{a? UsageData:*volume.UsageData?
        volume.UsageData RefCount:i Size:i
        events.Message Status:s=status? ID:s=id? From:s=from? Type:s Action:s Actor:events.Actor Scope:s=scope? Time:i=time? TimeNano:i=timeNano?
        events.Actor ID:s Attributes:{s
        system.dockerInfo Info:<*system.Info ServerErrors:[s? UserName:s=- ClientInfo:*system.clientInfo? ClientErrors:[s?
        system.clientInfo Debug:b clientVersion:<system.clientVersion Plugins:[a Warnings:[s
        system.clientVersion Platform:*system.platformInfo? Version:s? APIVersion:s=ApiVersion? DefaultAPIVersion:s? GitCommit:s? GoVersion:s? Os:s? Arch:s? BuildTime:s? Context:s
        system.platformInfo Name:s?
        system.DeviceInfo Source:s ID:s
        system.Info ID:s Containers:i ContainersRunning:i ContainersPaused:i ContainersStopped:i Images:i Driver:s DriverStatus:[[s SystemStatus:[[s? Plugins:system.PluginsInfo MemoryLimit:b SwapLimit:b KernelMemory:b? KernelMemoryTCP:b? CPUCfsPeriod:b=CpuCfsPeriod CPUCfsQuota:b=CpuCfsQuota CPUShares:b CPUSet:b PidsLimit:b IPv4Forwarding:b Debug:b NFd:i OomKillDisable:b NGoroutines:i SystemTime:s LoggingDriver:s CgroupDriver:s CgroupVersion:s? NEventsListener:i KernelVersion:s OperatingSystem:s OSVersion:s OSType:s Architecture:s IndexServerAddress:s RegistryConfig:*registry.ServiceConfig NCPU:i MemTotal:i GenericResources:[a DockerRootDir:s HTTPProxy:s=HttpProxy HTTPSProxy:s=HttpsProxy NoProxy:s Name:s Labels:[s ExperimentalBuild:b ServerVersion:s Runtimes:{system.RuntimeWithStatus DefaultRuntime:s Swarm:swarm.Info LiveRestoreEnabled:b Isolation:s InitBinary:s ContainerdCommit:system.Commit RuncCommit:system.Commit InitCommit:system.Commit SecurityOptions:[s ProductLicense:s? DefaultAddressPools:[system.NetworkAddressPool? FirewallBackend:*system.FirewallInfo? CDISpecDirs:[s DiscoveredDevices:[system.DeviceInfo? Containerd:*system.ContainerdInfo? Warnings:[s
        system.PluginsInfo Volume:[s Network:[s Authorization:[s Log:[s
        system.RuntimeWithStatus Runtime:<system.Runtime Status:{s=status?
        system.Runtime Path:s=path? Args:[s=runtimeArgs? Type:s=runtimeType? Options:{a=options?
        system.Commit ID:s Expected:s?
        system.NetworkAddressPool Base:s Size:i
        system.FirewallInfo Driver:s Info:[[s?
        system.ContainerdInfo Address:s? Namespaces:system.ContainerdNamespaces
        system.ContainerdNamespaces Containers:s Plugins:s
        registry.ServiceConfig AllowNondistributableArtifactsCIDRs:[s=-? AllowNondistributableArtifactsHostnames:[s=-? InsecureRegistryCIDRs:[s IndexConfigs:{*registry.IndexInfo Mirrors:[s
        registry.IndexInfo Name:s Mirrors:[s Secure:b Official:b
        swarm.Info NodeID:s NodeAddr:s LocalNodeState:s ControlAvailable:b Error:s RemoteManagers:[a Nodes:i? Managers:i? Cluster:*a? Warnings:[s?
        system.versionInfo Client:system.clientVersion Server:*types.Version
        types.Platform Name:s
        types.Version Platform:types.Platform Components:[types.ComponentVersion? Version:s APIVersion:s=ApiVersion MinAPIVersion:s? GitCommit:s GoVersion:s Os:s Arch:s KernelVersion:s? Experimental:b? BuildTime:s?
        types.ComponentVersion Name:s Version:s Details:{s?
        """;
}
