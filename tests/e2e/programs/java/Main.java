// What a Java program may use of the system, a line for each; "overflow" recurses without end.
import java.io.*;
import java.nio.file.*;
import java.security.SecureRandom;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;

public class Main {
    static int descend(int depth) { return depth == 0 ? 0 : 1 + descend(depth - 1); }

    static String shell(String script) throws Exception {
        Process process = new ProcessBuilder("sh", "-c", script).start();
        String out = new String(process.getInputStream().readAllBytes());
        return out + process.waitFor();
    }

    static String at(String zone) {
        return Instant.ofEpochSecond(1690000000).atZone(ZoneId.of(zone)).toString();
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("overflow")) {
            System.out.println("recursing");
            descend(-1);
        }
        CyclicBarrier barrier = new CyclicBarrier(32);
        ExecutorService pool = Executors.newFixedThreadPool(32);
        List<Future<Integer>> all = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            int n = i;
            all.add(pool.submit(() -> { barrier.await(); return n * 1000; }));
        }
        int sum = 0;
        for (Future<Integer> each : all) sum += each.get();
        pool.shutdown();
        System.out.println("threads " + sum);
        System.out.println("subprocesses " + shell("printf 'one two' | tr a-z A-Z") + " " + shell("kill -TERM $$"));
        byte[] block = new byte[96 << 20];
        Arrays.fill(block, (byte) 1);
        System.out.println("memory " + block[block.length - 1]);
        System.out.println("locale " + System.getenv("LANG") + " " + Locale.getDefault() + " "
            + System.getProperty("file.encoding") + " " + "grüße, 世界".toUpperCase());
        System.out.println("time zones " + ZoneId.systemDefault() + " " + at("America/New_York") + " "
            + at("Australia/Lord_Howe"));
        byte[] a = new byte[64], b = new byte[64];
        try (InputStream device = new FileInputStream("/dev/urandom")) { device.read(a); }
        new SecureRandom().nextBytes(b);
        System.out.println("urandom " + !Arrays.equals(a, b));
        Path folder = Files.createTempDirectory("system-");
        Files.write(folder.resolve("größe"), new byte[8 << 20]);
        Files.createSymbolicLink(folder.resolve("link"), Path.of("größe"));
        System.out.println("temporary files " + Files.size(folder.resolve("link")) + " " + folder.getParent());
        List<OutputStream> files = new ArrayList<>();
        for (int i = 0; i < 1000; i++) files.add(new FileOutputStream(folder.resolve("" + i).toFile()));
        for (OutputStream each : files) each.close();
        System.out.println("open files " + files.size());
        try {
            descend(-1);
        } catch (StackOverflowError error) {
            System.out.println("recursion " + descend(2000) + " StackOverflowError");
        }
        System.exit(5);
    }
}
