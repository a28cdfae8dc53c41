package nmsw.seg;

/**
 * The machine that writes the object: General and Enhanced General Equipment modules (PS3.3 §C.7.5.1,
 * §C.7.5.2). All four are required by the standard, at most 64 ASCII characters each.
 *
 * @param serialNumber something that tells this installation from another, chosen by its operator
 */
public record Equipment(String manufacturer, String model, String serialNumber, String softwareVersion) {}
