import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Scanner;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Groups the words of stdin by length, with collections, streams, a second class and a file. */
public class Main {
    record Entry(String word, int length) {}

    public static void main(String[] args) throws Exception {
        var byLength = new TreeMap<Integer, Integer>();
        try (Scanner in = new Scanner(System.in)) {
            while (in.hasNext()) {
                Entry e = new Entry(in.next(), 0);
                byLength.merge(e.word().length(), 1, Integer::sum);
            }
        }
        System.out.println(byLength.entrySet().stream()
            .map(e -> e.getKey() + ":" + e.getValue())
            .collect(Collectors.joining(" ")));
        System.out.println(Greeter.greet(args[0], System.getenv("TITLE")));
        Path file = Path.of("a.txt");
        Files.writeString(file, "line one\nline two\n");
        System.out.println(Files.readAllLines(file).size() + " lines");
        Thread worker = new Thread(() -> System.out.println("from a thread"));
        worker.start();
        worker.join();
    }
}
