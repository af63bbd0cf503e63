// What a warm javac does between its start and its job. The Java launcher compiles this file in
// memory, which is half of the warming; the other half is to compile it again the way a job is
// compiled. Then it waits at its door (libs/sandbox/take), and what comes through it is compiled as
// the command javac would; what is unusual is left to that command. Its own arguments are those
// that every usual job begins with. Two more compiles would save a job some 20 ms of 90, and take
// half a second more, for which a job that comes meanwhile would have to wait.
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.*;
import java.util.function.*;
import java.util.regex.Pattern;
import java.util.stream.*;

import com.sun.tools.javac.Main;

class JavacAgent {
    static final String DOOR = "/box/.job";
    // An option that no program can do without, or the name of a source.
    static final Pattern USUAL = Pattern.compile(
        "-Xlint(:[a-z,-]+)?|-g(:[a-z,]+)?|-nowarn|-Werror|-parameters|--enable-preview|--release"
            + "|[^-@][\\x20-\\x7e]*");

    public static void main(String[] common) throws IOException {
        Path own = Path.of("/box/.warm/JavacAgent.java");
        Main.compile(new String[] {"-encoding", "UTF-8", "-d", own.getParent() + "/out", own.toString()});
        System.gc();  // a usual job then ends before the next collection
        String[] given = arguments();
        if (!isUsual(given, common)) becomeCold();
        // As in the command: nothing of this file is to be seen.
        Thread.currentThread().setContextClassLoader(Main.class.getClassLoader());
        System.exit(Main.compile(ofCompiler(given)));
    }

    static String[] arguments() throws IOException {
        try (FileInputStream door = new FileInputStream(DOOR)) {
            return new String(door.readAllBytes(), StandardCharsets.ISO_8859_1).split("\0", -1);
        }
    }

    static boolean isUsual(String[] given, String[] common) {
        // A processor of annotations is a program of the user's: it could see where it runs.
        if (Files.exists(Path.of("META-INF")) || given.length <= common.length) return false;
        if (!Arrays.equals(given, 0, common.length, common, 0, common.length)) return false;
        return Arrays.stream(given, common.length, given.length - 1)
            .allMatch(argument -> USUAL.matcher(argument).matches());
    }

    // Executes the very command.
    static void becomeCold() throws IOException {
        new FileInputStream(DOOR + "-cold").close();
    }

    // Without the command's name, the virtual machine's options, and what stands behind the last NUL.
    static String[] ofCompiler(String[] given) {
        return Arrays.stream(given, 1, given.length - 1)
            .filter(argument -> !argument.startsWith("-J"))
            .toArray(String[]::new);
    }
}

// Never run: what programs are made of, so that the compiler has met it.
class Sample {
    record Point(int x, int y) {}
    enum Colour { RED, GREEN }
    interface Shape { default double area() { return 0; } }
    static class Square implements Shape {
        private final double side;
        Square(double side) { this.side = side; }
        @Override public double area() { return side * side; }
    }
    static <T extends Comparable<T>> T largest(List<T> of) { return Collections.max(of); }
    public static void main(String[] args) {
        Map<String, List<Integer>> map = new TreeMap<>();
        for (int i = 0; i < 10; i++) map.computeIfAbsent("k" + i % 3, k -> new ArrayList<>()).add(i);
        String text = map.values().stream().flatMap(List::stream).map(String::valueOf)
            .collect(Collectors.joining(","));
        Function<Integer, Integer> twice = x -> x * 2;
        switch (Colour.RED) { case RED: text += twice.apply(2); break; default: break; }
        var size = switch (text.length()) { case 0 -> "none"; default -> "some"; };
        try (Scanner in = new Scanner(System.in)) {
            if (in.hasNextInt()) text += in.nextInt();
        } catch (RuntimeException e) {
            throw new IllegalStateException(e);
        }
        System.out.printf("%s %s %s %s%n", text, size, new Point(1, 2), largest(List.of(1, 2)));
        System.out.println(new Square(2).area());
    }
}
