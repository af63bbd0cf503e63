// What a Rust program may use of the system, a line for each; "overflow" recurses without end.
use std::io::{Read, Write};
use std::process::Command;
use std::sync::{Arc, Barrier};

fn descend(depth: u64) -> u64 {
    let mut frame = [0u64; 64];
    // SAFETY: a plain local array; volatile, so that every call keeps its frame.
    unsafe { std::ptr::write_volatile(&mut frame[63], depth) };
    if depth == 0 {
        return 0;
    }
    let below = descend(depth - 1);
    1 + below + unsafe { std::ptr::read_volatile(&frame[63]) } - depth
}

fn output(script: &str) -> std::process::Output {
    Command::new("sh").args(["-c", script]).output().unwrap()
}

fn main() {
    if std::env::args().nth(1).unwrap() == "overflow" {
        println!("recursing");
        println!("{}", descend(u64::MAX));
    }
    let barrier = Arc::new(Barrier::new(32));
    let all: Vec<_> = (0..32u64)
        .map(|n| {
            let barrier = barrier.clone();
            std::thread::spawn(move || {
                barrier.wait();
                n * 1000
            })
        })
        .collect();
    println!("threads {}", all.into_iter().map(|t| t.join().unwrap()).sum::<u64>());
    let piped = String::from_utf8(output("printf 'one two' | tr a-z A-Z").stdout).unwrap();
    println!("subprocesses {} {} {}", piped, output("kill -TERM $$").status, output("exit 7").status);
    let block = vec![1u8; 160 << 20];
    println!("memory {}", block.iter().step_by(4096).map(|&b| b as u64).sum::<u64>());
    println!("locale {} {}", std::env::var("LANG").unwrap(), "grüße, 世界".to_uppercase());
    let zones = output("date -d @1700000000 '+%H:%M %Z'; TZ=America/New_York date -d @1690000000 '+%H:%M %Z'");
    print!("time zones {}", String::from_utf8(zones.stdout).unwrap());
    let (mut a, mut b) = ([0u8; 64], [0u8; 64]);
    let mut device = std::fs::File::open("/dev/urandom").unwrap();
    device.read_exact(&mut a).unwrap();
    device.read_exact(&mut b).unwrap();
    println!("urandom {}", a != b);
    let folder = std::env::temp_dir().join(format!("system-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("grüße"), vec![0u8; 8 << 20]).unwrap();
    std::os::unix::fs::symlink("grüße", folder.join("link")).unwrap();
    println!("temporary files {}", std::fs::metadata(folder.join("link")).unwrap().len());
    let mut files: Vec<_> =
        (0..1000).map(|n| std::fs::File::create(folder.join(n.to_string())).unwrap()).collect();
    for file in &mut files {
        file.write_all(b"x").unwrap();
    }
    println!("open files {}", files.len());
    std::fs::remove_dir_all(&folder).unwrap();
    println!("recursion {}", descend(50_000)); // beyond the usual 8 MiB
    std::process::exit(5);
}
