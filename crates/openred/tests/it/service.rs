//! `openred service` against a service manager of a person's session that lives for this test only.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::disk::skipped;
use crate::program::{OPENRED, openred, plain, told, until};
use crate::world::World;

/// A systemd for one person, in a mount namespace in which the machine looks as if systemd had started it.
const SESSION: &str = r#"
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system &&
mount -t tmpfs tmpfs /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup &&
exec "$1" --user --log-target=console"#;

/// The manager; it goes when this is dropped.
struct Session {
    manager: Child,
    home: PathBuf,
}

impl Session {
    fn begin(world: &World) -> Option<Self> {
        let home = world.path("home");
        std::fs::create_dir_all(home.join("run")).unwrap();
        let systemd = ["/lib/systemd/systemd", "/usr/lib/systemd/systemd"];
        let Some(systemd) = systemd.into_iter().find(|path| std::path::Path::new(path).exists()) else {
            return skipped("systemd missing");
        };
        let log = std::fs::File::create(world.path("systemd.log")).unwrap();
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", SESSION, "sh", systemd]).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let Ok(manager) = at_home(&mut command, &home).spawn() else { return skipped("unshare missing") };
        let mut session = Self { manager, home };
        let mut state = String::new();
        until("systemd runs, or cannot", || {
            let (_, said) = session.call("systemctl", &["--user", "is-system-running"]);
            state = said.trim().to_owned();
            let ended = !matches!(session.manager.try_wait(), Ok(None));
            ended || matches!(state.as_str(), "running" | "degraded")
        });
        if matches!(state.as_str(), "running" | "degraded") {
            Some(session)
        } else {
            skipped("no systemd --user here")
        }
    }

    /// A program inside the session: exit code and output.
    fn call(&self, program: &str, arguments: &[&str]) -> (i32, String) {
        let mut command = plain(Command::new("nsenter"));
        command.args(["--mount", "--target", &self.manager.id().to_string(), "--", program]).args(arguments);
        told(&at_home(&mut command, &self.home).output().unwrap())
    }
}

/// Port 0: nobody's node is in the way.
fn at_home<'a>(command: &'a mut Command, home: &std::path::Path) -> &'a mut Command {
    command.env("HOME", home).env("XDG_RUNTIME_DIR", home.join("run")).env_remove("XDG_CONFIG_HOME");
    command.env_remove("DBUS_SESSION_BUS_ADDRESS").env("OPENRED_LISTEN", "127.0.0.1:0")
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.call("systemctl", &["--user", "exit"]);
        // It may have ended by itself.
        let _ = self.manager.kill();
        let _ = self.manager.wait();
    }
}

#[test]
fn the_service_is_installed_runs_and_is_removed() {
    let world = World::new();
    let Some(session) = Session::begin(&world) else { return };
    let (unit, data) =
        (session.home.join(".config/systemd/user/openred.service"), world.path("50% of ana's"));
    let folder = data.display().to_string();
    let service = |verb: &str| session.call(OPENRED, &["service", verb, "--data", &folder]);
    assert!(service("status").1.starts_with("! The service is not installed"));
    // It returns when the node answers: the unit is of type notify.
    let (code, said) = service("install");
    assert!(code == 0 && said.contains(&unit.display().to_string()), "{said}");
    assert!(data.join("api.json").exists(), "the node answers from the folder that was named");
    assert_eq!(service("status"), (0, "✓ The service runs.\n".to_owned()));
    let (code, said) = session.call(OPENRED, &["status", "--data", &folder]);
    assert!(code == 0 && said.contains("not set up"), "{said}");
    let (_, process) = session.call("systemctl", &["--user", "show", "-P", "MainPID", "openred.service"]);
    assert_eq!(service("remove").0, 0);
    assert!(!unit.exists() && data.join("node.db").exists(), "the unit goes, the data stays");
    let process = PathBuf::from(format!("/proc/{}", process.trim()));
    assert!(!process.exists(), "the node was stopped");
    assert!(service("status").1.starts_with("! The service is not installed"));
    assert_eq!(service("remove").0, 0, "and again is no mistake");
}

#[test]
fn what_cannot_be_started_is_not_left_behind() {
    let world = World::new();
    let (home, tools) = (world.path("home"), world.path("tools"));
    std::fs::create_dir(&tools).unwrap();
    let unit = home.join("systemd/user/openred.service");
    let install = || {
        let mut command = openred();
        command.args(["service", "install", "--data"]).arg(world.path("ana"));
        told(&command.env("XDG_CONFIG_HOME", &home).env("PATH", &tools).output().unwrap())
    };
    let (code, said) = install();
    assert!(code == 1 && said.contains("no systemd"), "{said}");
    assert!(!unit.exists(), "there is nothing that could start it");

    // A systemd that takes units and starts none.
    let refuses = "#!/bin/sh\n[ \"$2\" != enable ] || { echo 'no bus' >&2; exit 1; }\n";
    std::fs::write(tools.join("systemctl"), refuses).unwrap();
    std::fs::set_permissions(tools.join("systemctl"), Permissions::from_mode(0o755)).unwrap();
    let (code, said) = install();
    assert!(code == 1 && said.contains("enable --now openred.service: no bus"), "{said}");
    assert!(!unit.exists());

    std::fs::write(&unit, "of another version").unwrap();
    assert_eq!(install().0, 1);
    assert_eq!(std::fs::read_to_string(&unit).unwrap(), "of another version", "what was there stays");
}
