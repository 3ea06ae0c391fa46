//! The builder of a simulator.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use super::Simulator;
use super::admin::Snapshot;
use super::journal::DEFAULT_ENTRIES;
use super::server::Server;
use super::world::{Settings, Shared, World, milliseconds};

/// Builds a [`Simulator`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use aliyun_ecs::simulator::Simulator;
///
/// let simulator = Simulator::builder()
///     .region("cn-beijing")
///     .order_processing(Duration::from_secs(8))
///     .transition(Duration::from_secs(3))
///     .speed(100)
///     .security_token("a-token")
///     .start()
///     .await?;
/// assert!(simulator.endpoint().starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `start()`"]
pub struct SimulatorBuilder {
    address: SocketAddr,
    region_id: Option<String>,
    speed: Option<u32>,
    settings: Settings,
    snapshot: Option<String>,
    admin_hosts: Vec<String>,
    journal_entries: usize,
    security_token: Option<String>,
}

impl Default for SimulatorBuilder {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            region_id: None,
            speed: None,
            settings: Settings::default(),
            snapshot: None,
            admin_hosts: Vec::new(),
            journal_entries: DEFAULT_ENTRIES,
            security_token: None,
        }
    }
}

impl SimulatorBuilder {
    /// The port to listen on. Default: 0, which selects a free port.
    pub fn port(mut self, port: u16) -> Self {
        self.address.set_port(port);
        self
    }

    /// The address and port to listen on. Default: any free port of `127.0.0.1`.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// The region of all instances. Default: `cn-hangzhou`.
    pub fn region(mut self, region_id: impl Into<String>) -> Self {
        self.region_id = Some(region_id.into());
        self
    }

    /// How long a paid order is processed, in the simulator's time; forever with [`Duration::MAX`]. Default: zero.
    pub fn order_processing(mut self, order_processing: Duration) -> Self {
        self.settings.order_processing_ms = milliseconds(order_processing);
        self
    }

    /// How long an instance stays in each status on its way to a stable one, in the simulator's time; forever with
    /// [`Duration::MAX`]. A reboot shows `Running` for this long before it begins. Default: 200 ms.
    pub fn transition(mut self, transition: Duration) -> Self {
        self.settings.transition_ms = milliseconds(transition);
        self
    }

    /// The age of the state that reads of instances return, in the simulator's time. Default: zero.
    pub fn read_lag(mut self, lag: Duration) -> Self {
        self.settings.read_lag_ms = milliseconds(lag);
        self
    }

    /// The speed of the simulation as a multiple of real time. Orders and status changes are faster by this factor.
    /// Default: 1.
    ///
    /// Clients of [`Simulator::client_builder`] run at the same speed, so that this is the only setting that a fast
    /// test needs.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use aliyun_ecs::simulator::Simulator;
    ///
    /// let minute = Duration::from_secs(60);
    /// let simulator = Simulator::builder().order_processing(minute).speed(1_000).start().await?;
    /// let client = simulator.client_builder().build()?; // one minute of its time takes 60 ms
    /// # Ok(())
    /// # }
    /// ```
    pub fn speed(mut self, speed: u32) -> Self {
        self.speed = Some(speed.max(1));
        self
    }

    /// How many downgrades an instance may have in a calendar month. Default: 3.
    pub fn downgrades_per_month(mut self, downgrades: u32) -> Self {
        self.settings.downgrades_per_month = downgrades;
        self
    }

    /// Returns prices as strings, as in older documented examples, instead of numbers.
    pub fn prices_as_strings(mut self) -> Self {
        self.settings.prices_as_strings = true;
        self
    }

    /// Uses the newer wording of the error of a wrong V3 signature, which repeats the canonical request.
    pub fn canonical_request_in_signature_errors(mut self) -> Self {
        self.settings.canonical_request_in_signature_errors = true;
        self
    }

    /// Ignores parameters that are not simulated. Default: they are rejected with the error
    /// `Simulator.ParameterNotSimulated`, so that a test cannot pass because a filter had no effect.
    pub fn ignore_unknown_parameters(mut self) -> Self {
        self.settings.ignore_unknown_parameters = true;
        self
    }

    /// How many requests [`Simulator::requests`] keeps. Default: 10,000.
    pub fn journal_entries(mut self, entries: usize) -> Self {
        self.journal_entries = entries;
        self
    }

    /// Uses temporary credentials with this security token. Default: none.
    pub fn security_token(mut self, token: impl Into<String>) -> Self {
        self.security_token = Some(token.into());
        self
    }

    /// The initial world as JSON: a [`Simulator::snapshot`] or a part of one. It replaces the settings of this builder,
    /// except region and speed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use aliyun_ecs::simulator::Simulator;
    ///
    /// let world = r#"{"instances": [{"instance_id": "i-test", "instance_type": "ecs.g5.large"}]}"#;
    /// let simulator = Simulator::builder().snapshot(world).start().await?;
    /// assert!(simulator.instance("i-test").is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn snapshot(mut self, json: impl Into<String>) -> Self {
        self.snapshot = Some(json.into());
        self
    }

    /// Allows admin requests to this host name. Only names with a dot need this.
    pub fn admin_host(mut self, host: impl Into<String>) -> Self {
        self.admin_hosts.push(host.into());
        self
    }

    /// Starts the simulator.
    ///
    /// # Errors
    ///
    /// The snapshot is not valid ([`InvalidData`](std::io::ErrorKind::InvalidData)); the address or port is not
    /// available, or no thread could be started.
    pub async fn start(self) -> std::io::Result<Simulator> {
        let listener = TcpListener::bind(self.address)?;
        let named = self.region_id;
        let region_id = named.clone().unwrap_or_else(|| "cn-hangzhou".to_owned());
        let mut world = World::new(region_id, self.settings);
        if let Some(json) = self.snapshot {
            let mut snapshot = parsed(&json)?;
            // The region of the builder takes precedence.
            snapshot.region = named.or(snapshot.region);
            snapshot.load(&mut world);
        }
        if let Some(speed) = self.speed {
            world.set_speed(speed);
        }
        world.initial = Snapshot::of(&world);
        world.journal.max_entries = self.journal_entries;
        world
            .verifier
            .security_token
            .clone_from(&self.security_token);
        let shared = Shared::new(world);
        let server = Server::start(listener, shared.clone(), self.admin_hosts)?;
        Ok(Simulator {
            endpoint: format!("http://{}", server.address),
            security_token: self.security_token,
            shared,
            _server: server,
        })
    }
}

/// Reads a snapshot.
pub(super) fn parsed(json: &str) -> std::io::Result<Snapshot> {
    let invalid = |error: String| std::io::Error::new(std::io::ErrorKind::InvalidData, error);
    let snapshot: Snapshot =
        serde_json::from_str(json).map_err(|error| invalid(error.to_string()))?;
    snapshot.check().map_err(invalid)?;
    Ok(snapshot)
}

impl fmt::Debug for SimulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatorBuilder").finish_non_exhaustive()
    }
}
