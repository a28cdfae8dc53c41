/**
 * Which version of a model is live: {@link nmsw.training.registry.PromotionGate} says whether a candidate is proven better, {@link
 * nmsw.training.registry.ModelRegistry} keeps the versions and the log of every change. Called by the launcher's words; the node
 * only reads what the registry wrote.
 */
package nmsw.training.registry;
