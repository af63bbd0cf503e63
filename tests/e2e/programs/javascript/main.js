// What a Node program may use of the system, a line for each; "overflow" recurses without end.
const { Worker, isMainThread, parentPort, workerData } = require("worker_threads");
const { execFileSync, execSync, spawnSync, fork } = require("child_process");
const crypto = require("crypto");
const fs = require("fs");
const os = require("os");
const path = require("path");

function descend(depth) {
    return depth === 0 ? 0 : 1 + descend(depth - 1);
}

async function threads() {
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const ends = [1, 2, 3, 4].map((n) => new Promise((done, fail) => {
        const worker = new Worker(__filename, { workerData: { shared, n } });
        worker.on("error", fail);
        worker.on("exit", done);
    }));
    return [await Promise.all(ends), shared[0]];
}

async function subprocesses() {
    const piped = execSync("printf 'one two' | tr a-z A-Z").toString();
    const killed = spawnSync("sh", ["-c", "kill -TERM $$"]).signal;
    const code = spawnSync(process.execPath, ["-e", "process.exit(7)"]).status;
    const child = fork(__filename, ["child"]);
    child.send(20);
    const [answer] = await require("events").once(child, "message");
    return [piped, killed, code, answer];
}

function memory() {
    const block = Buffer.alloc(160 << 20, 1);
    let sum = 0;
    for (let i = 0; i < block.length; i += 4096) sum += block[i];
    const numbers = new Array(2000000).fill(0).map((_, i) => ({ i }));
    return [sum, numbers[1999999].i, os.availableParallelism() > 0, os.totalmem() > 0, process.memoryUsage().rss > 1e8];
}

function locales() {
    return [process.env.LANG, (1234567.891).toLocaleString("de-DE"), "grüße, 世界".toUpperCase(),
            ["z", "ä", "a"].sort(new Intl.Collator("sv").compare).join("")];
}

function time_zones() {
    // Numbers only: the words and separators of a date differ between versions of ICU.
    const at = (ms, timeZone) => Number(new Intl.DateTimeFormat("en-US", { timeZone, hour: "numeric", hourCycle: "h23" })
        .format(ms));
    return [new Date(1700000000000).getHours(), new Date(1700000000000).getTimezoneOffset(), at(1690000000000, "America/New_York"), at(1700000000000, "America/New_York")];
}

function urandom() {
    const device = fs.openSync("/dev/urandom", "r");
    const read = fs.readSync(device, Buffer.alloc(64));
    fs.closeSync(device);
    return [read, !crypto.randomBytes(16).equals(crypto.randomBytes(16)), crypto.randomUUID().length];
}

function temporary_files() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "system-"));
    fs.writeFileSync(path.join(folder, "grüße"), Buffer.alloc(8 << 20));
    fs.symlinkSync("grüße", path.join(folder, "link"));
    const size = fs.statSync(path.join(folder, "link")).size;
    fs.rmSync(folder, { recursive: true });
    return [size, os.tmpdir(), fs.existsSync(folder)];
}

function open_files() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "many-"));
    const files = Array.from({ length: 1000 }, (_, i) => fs.openSync(path.join(folder, String(i)), "w+"));
    files.forEach((fd, i) => fs.writeSync(fd, String(i)));
    let sum = 0;
    for (const fd of files) {
        const text = Buffer.alloc(8);
        sum += Number(text.toString("utf8", 0, fs.readSync(fd, text, 0, 8, 0)));
        fs.closeSync(fd);
    }
    fs.rmSync(folder, { recursive: true });
    return sum;
}

function recursion() {
    try {
        descend(1e9);
    } catch (error) {
        return [descend(5000), error.name];
    }
}

function streams() {
    return [fs.readFileSync("/dev/stdin").toString().split("\n")[0], Boolean(process.stdin.isTTY),
            Boolean(process.stdout.isTTY)];
}

async function main() {
    if (process.argv[2] === "child") {
        process.once("message", (n) => process.send(n + 1, () => process.disconnect()));
        return;
    }
    if (process.argv[2] === "cpus") {
        console.log(os.cpus().length > 0);
        return;
    }
    if (process.argv[2] === "overflow") {
        fs.writeSync(1, "recursing\n");
        descend(1e9);
    }
    for (const theme of [threads, subprocesses, memory, locales, time_zones, urandom, temporary_files, open_files,
                         recursion, streams]) {
        console.log(theme.name, JSON.stringify(await theme()));
    }
    process.exitCode = Number(process.argv[3]);
}

if (isMainThread) main();
else Atomics.add(workerData.shared, 0, workerData.n);
