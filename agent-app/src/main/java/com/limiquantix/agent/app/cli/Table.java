package com.limiquantix.agent.app.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows whose columns line up, however wide what a guest says is. One thread. */
final class Table {
  private static final String GAP = "  ";

  private final List<List<String>> rows = new ArrayList<>();

  /** Adds a row; all have the same number of cells. */
  Table row(String... cells) {
    rows.add(Arrays.stream(cells).map(TerminalText::escape).toList());
    return this;
  }

  void print(Console console) throws IOException {
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        String cell = row.get(column);
        line.append(cell);
        if (column + 1 < row.size()) {
          line.append(" ".repeat(width(column) - cell.length())).append(GAP);
        }
      }
      console.ownText(line.append('\n').toString());
    }
  }

  private int width(int column) {
    return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
  }
}
